/** Each public stable rule for real, under both ways to match. The table is support/public-rule-cases.ts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { golden } from "../support/golden.ts";
import { falcoRules } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { needContainers } from "./support/containers.ts";
import { apiServerAddress, publicCases } from "./support/public-rule-cases.ts";
import { Stage } from "./support/stage.ts";

/** Starts the agent where /etc/hosts knows the API server, and nothing else sees that. */
function withApiServer(stage: Stage): readonly string[] {
  const hosts = stage.rulesFile(
    "hosts",
    `127.0.0.1 localhost\n${apiServerAddress} kubernetes.default.svc.cluster.local\n`,
  );
  return ["unshare", "-m", "sh", "-c", `mount --bind ${hosts} /etc/hosts && exec "$@"`, "sh"];
}

/** Rule → test, for people. */
function table(): string {
  const rows = publicCases.map((row) => {
    if ("notYet" in row) return `| ${row.rule} | ${row.does} | none yet: ${row.notYet} | none yet |`;
    const all = row.all ?? [row.rule];
    return `| ${row.rule} | ${row.does} | ${all.join("; ")} | ${all[0]} |`;
  });
  const head = [
    "# Public stable rules, each raised for real",
    "",
    "Made by test/system/public-rules.test.ts (UPDATE_GOLDEN=1) from its cases, each of which is a test of its own.",
    "",
    "| rule | what is done | alerts with rule_matching all | with first |",
    "| --- | --- | --- | --- |",
  ];
  return `${[...head, ...rows].join("\n")}\n`;
}

describe("public stable rules", function () {
  this.timeout(120_000);
  let stage: Stage;
  let rules: string;

  before(async function () {
    needCapture(this);
    needContainers(this);
    rules = `${falcoRules(this)}/falco-rules/falco_rules.yaml`;
    stage = await Stage.open();
  });
  after(async () => {
    await stage?.close();
  });

  it("have a case each", () => {
    const items = parse(readFileSync(rules, "utf8")) as { rule?: string }[];
    assert.deepEqual(
      publicCases.map(({ rule }) => rule),
      items.flatMap((item) => item.rule ?? []),
    );
  });

  it("stand in the committed table with what is done for each", () => {
    golden("public-rules.md", table());
  });

  for (const matching of ["all", "first"] as const) {
    describe(`with rule_matching ${matching}`, () => {
      before(async () => {
        await stage.watch([rules], { rule_matching: matching }, withApiServer(stage));
      });
      after(async () => {
        await stage.unwatch();
      });

      for (const row of publicCases) {
        it(`${row.rule}: ${row.does}`, async () => {
          const raised = await stage.during(() => row.act(stage));
          const names = raised.map((alert) => alert.rule);
          if ("notYet" in row) {
            assert.deepEqual(names, [], `it alerts now, though ${row.notYet}: correct the table`);
            return;
          }
          const all = row.all ?? [row.rule];
          assert.deepEqual(names, matching === "all" ? all : all.slice(0, 1));
        });
      }
    });
  }
});
