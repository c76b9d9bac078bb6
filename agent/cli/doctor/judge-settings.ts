/** What people set: settings, rules, ports. Pure. */
import type { ClusterFacts, Facts, PortFacts, RulesFacts, SettingsFacts } from "./facts.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

const STARTS_NOT = "the agent does not start";

/** Everything about settings and rules. */
export function judgeSettings({ settings, rules, cluster, ports }: Facts): Finding[] {
  return [
    ...judgeFiles(settings),
    ...(rules === undefined ? [] : judgeRules(rules)),
    ...(cluster === undefined ? [] : judgeCluster(cluster)),
    ...ports.map(judgePort),
  ];
}

function judgeFiles({ files, mistakes, warnings }: SettingsFacts): Finding[] {
  const wrong = mistakes.map((text) =>
    failure("settings", text, STARTS_NOT, "mend the settings (docs/settings.md has every key)"),
  );
  const odd = warnings.map((text) =>
    warning("settings", text, "the setting does not do what it seems to", "see docs/settings.md"),
  );
  if (wrong.length > 0) return [...wrong, ...odd];
  return [ok("settings", `the settings are valid (${files.join(", ")})`), ...odd];
}

function judgeRules({ from, rules, mistakes, warnings }: RulesFacts): Finding[] {
  const odd = warnings.map((text) =>
    warning("rules", text, "a rule may not do what it seems to", "see `tiercel validate`"),
  );
  if (mistakes !== "")
    return [
      failure("rules", mistakes, STARTS_NOT, "mend the rules (`tiercel validate` shows all of it)"),
      ...odd,
    ];
  const counts = `${rules} rule${rules === 1 ? "" : "s"} of ${from}`;
  if (rules > 0) return [ok("rules", `${counts} load`), ...odd];
  const costs = "the agent raises no alert";
  return [
    warning("rules", `${counts} are in force`, costs, "check `rules` and `priority` of the settings"),
    ...odd,
  ];
}

function judgeCluster({ place, index, kept, folder }: ClusterFacts): Finding[] {
  const none = "the agent runs without rules until it can";
  const state =
    folder.error === undefined
      ? []
      : [
          warning(
            "rules",
            `nothing can be kept in ${folder.path}: ${folder.error}`,
            "while the Kubernetes API is away the agent starts without rules",
            "mount a folder of the node there that it may write, or set cluster.state_folder",
          ),
        ];
  if ("error" in index)
    return [
      warning(
        "rules",
        `the rules of the cluster in ${place} cannot be read: ${index.error}`,
        kept === "" ? none : `the agent runs with those of its last run, digest ${kept.slice(0, 12)}`,
        "check that the operator runs there, cluster.namespace and cluster.name, and the agent's rights on ConfigMaps",
      ),
      ...state,
    ];
  const parts = `${index.shards} part${index.shards === 1 ? "" : "s"}`;
  return [
    ok("rules", `the rules of the cluster are in ${place}: digest ${index.digest.slice(0, 12)}, ${parts}`),
    ...state,
  ];
}

function judgePort({ name, setting, without, address, port, set, error }: PortFacts): Finding {
  const where = `${address} port ${port}`;
  if (error === undefined) return ok("port", `${name} can listen on ${where}`);
  const message = `${name} cannot listen on ${where}: ${error}`;
  if (error !== "EADDRINUSE" || set || without === undefined)
    return failure("port", message, STARTS_NOT, `choose another ${setting}`);
  return warning(
    "port",
    `${message} (another agent, if one runs)`,
    `the agent runs on without ${without}`,
    `choose another ${setting}, or switch it off by ${name}.enabled`,
  );
}
