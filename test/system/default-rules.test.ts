/** Each default rule for real, as config/rules has it: raised by what it is about, silent for a twin. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { root } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { needContainers } from "./support/containers.ts";
import { cases } from "./support/default-rule-cases.ts";
import { withoutClause } from "./support/without-clause.ts";
import { Stage } from "./support/stage.ts";

const file = `${root}config/rules/default.yaml`;

interface Item {
  readonly rule?: string;
  readonly condition: string;
}

const items = () => parse(readFileSync(file, "utf8")) as Item[];

/** The default rules, each without the clause in which its twin differs. */
function weakened(): Item[] {
  return items().map((item) => {
    const found = cases.find(({ rule }) => rule === item.rule);
    if (found === undefined) return item;
    // Without their clause some rules match what everybody does all the time: only our own doings count.
    const own = `(container.id != host or proc.exepath startswith ${join(tmpdir(), "tiercel-")})`;
    return { ...item, condition: `(${withoutClause(item.condition, found.clause)}) and ${own}` };
  });
}

describe("default rules", function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    await stage.watch([`${root}config/rules`]);
  });
  after(async () => {
    await stage?.close();
  });

  it("have a case each", () => {
    assert.deepEqual(
      cases.map(({ rule }) => rule).sort(),
      items()
        .flatMap((item) => item.rule ?? [])
        .sort(),
    );
  });

  for (const { rule, does, act, also = [], mayFail, butNot, twin } of cases) {
    it(`${rule}: ${does}; silent: ${butNot}`, async () => {
      const raised = await stage.during(async () => {
        const { code, stderr } = await act(stage);
        assert.ok(code === 0 || mayFail === true, `the deed itself failed: ${code} ${stderr}`);
      });
      assert.deepEqual(new Set(raised.map((alert) => alert.rule)), new Set([rule, ...also]));
      const silent = await stage.during(() => twin(stage));
      assert.deepEqual(
        silent.filter((alert) => alert.rule === rule),
        [],
      );
    });
  }

  for (const { rule, ways = [] } of cases) {
    for (const [does, act] of ways) {
      it(`${rule}, another way: ${does}`, async () => {
        const raised = await stage.during(() => act(stage));
        assert.ok(
          raised.some((alert) => alert.rule === rule),
          raised.map((alert) => alert.rule).join(),
        );
      });
    }
  }

  it("are quiet while containers come and go and are entered", async () => {
    const raised = await stage.during(async () => {
      const container = await stage.containers.run();
      stage.own(container.id);
      await container.exec(["true"]);
      await container.exec(["sh", "-c", "ls / > /dev/null; id"]);
      await container.remove();
    });
    assert.deepEqual(raised, []);
  });

  it("end with exit code 0", async () => {
    assert.equal(await stage.unwatch(), 0);
  });
});

describe("default rules without the clause in which the twin differs", function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    const rules = stage.rulesFile("weakened.yaml", stringify(weakened()));
    await stage.watch([rules]);
  });
  after(async () => {
    await stage?.close();
  });

  for (const { rule, clause, twin } of cases) {
    it(`${rule}: the twin is told without ${clause}`, async () => {
      const raised = await stage.during(() => twin(stage));
      assert.ok(
        raised.some((alert) => alert.rule === rule),
        raised.map((alert) => alert.rule).join(),
      );
    });
  }
});
