/** Each public stable rule for real. */
import { apiServerAddress, publicCases } from "./support/public-rule-cases.ts";
import { describePublicRules } from "./support/public-rules.ts";
import type { Stage } from "./support/stage.ts";

/** Starts the agent where /etc/hosts knows the API server, and nothing else sees that. */
function withApiServer(stage: Stage): readonly string[] {
  const hosts = stage.rulesFile(
    "hosts",
    `127.0.0.1 localhost\n${apiServerAddress} kubernetes.default.svc.cluster.local\n`,
  );
  return ["unshare", "-m", "sh", "-c", `mount --bind ${hosts} /etc/hosts && exec "$@"`, "sh"];
}

describePublicRules({
  title: "public stable rules",
  file: "falco_rules.yaml",
  cases: publicCases,
  table: "public-rules.md",
  through: withApiServer,
});
