/** What the agent makes of rules that come from a cluster: the thread that compiles them is the real one. */
import assert from "node:assert/strict";
import { RulesSource } from "../../../../agent/cli/agent/reload.ts";
import type { SetText } from "../../../../agent/cli/cluster/set-index.ts";
import { loadSettings } from "../../../../agent/cli/settings/load.ts";
import type { LabelPairs } from "../../../../agent/rules/label-selector.ts";
import { setDigest } from "../../../../agent/rules/set/digest.ts";
import type { RuleSet, SetSelector } from "../../../../agent/rules/set/rule-set.ts";
import { root } from "../../../support/reference.ts";
import { head } from "../cluster/made-sets.ts";

function set(selector?: SetSelector): SetText {
  const condition = "evt.type = openat";
  const rules = [{ rule: "R", desc: "d", condition, output: "x", priority: "NOTICE" }];
  const objects = [
    { namespace: "tiercel-system", name: "o", order: 50, rules, ...(selector && { selector }) },
  ];
  const whole: RuleSet = { ...head, objects };
  const index = { version: 1 as const, digest: setDigest(whole), set: head, shards: ["s"] };
  return { index, shards: [JSON.stringify(objects)] };
}

function made() {
  const places = { overrides: ["cluster.enabled=true"], environment: {}, home: root, workingFolder: root };
  const loaded = loadSettings(places);
  assert.ok(loaded.settings !== undefined, JSON.stringify(loaded.mistakes));
  const source = new RulesSource(places, [], { ...loaded, settings: loaded.settings }, () => undefined);
  const side = {
    newest: undefined as SetText | undefined,
    damaged: 0,
    labels: undefined as LabelPairs | undefined,
    wanted: [] as boolean[],
  };
  source.cluster = {
    rules: { take: () => side.newest, damaged: () => side.damaged++ },
    labels: {
      get labels() {
        return side.labels;
      },
      want: (wanted) => side.wanted.push(wanted),
    },
  };
  return { source, side };
}

describe("rules from a cluster", () => {
  it("are none at first where there is no set yet, and the agent runs", async () => {
    const { source, side } = made();
    const { plan, mistakes } = await source.load();
    assert.deepEqual([plan, mistakes], [{ digest: "", rules: [] }, ""]);
    side.newest = set();
    const next = await source.load();
    assert.equal(next.plan?.digest, side.newest.index.digest);
    assert.equal(next.from, "1 FalcoRule");
  });

  it("are none at first where the set of the last run is damaged, which is said", async () => {
    const { source, side } = made();
    side.newest = { ...set(), shards: ["[]"] };
    const { plan, warnings } = await source.load();
    assert.deepEqual(plan, { digest: "", rules: [] });
    assert.match(warnings.join(), /is damaged/);
    assert.equal(side.damaged, 1);
  });

  it("do not go where a later set is damaged or gone", async () => {
    const { source, side } = made();
    side.newest = set();
    await source.load();
    side.newest = { ...set(), shards: ["[]"] };
    const damaged = await source.load();
    assert.equal(damaged.plan, undefined);
    assert.match(damaged.mistakes, /is damaged/);
    side.newest = undefined;
    const gone = await source.load();
    assert.equal(gone.plan, undefined);
    assert.match(gone.mistakes, /no whole rule set/);
  });

  it("watch no files but those of the settings", async () => {
    const { source } = made();
    assert.ok(source.watched.every((path) => path.endsWith("/tiercel.yaml")));
  });

  it("with a node selector are for the labels of the node, which are asked for only then", async () => {
    const { source, side } = made();
    side.newest = set();
    const plain = await source.load();
    side.newest = set({ nodeSelector: { matchLabels: { gpu: "yes" } } });
    const unknown = await source.load();
    assert.deepEqual(unknown.plan?.rules, []);
    assert.match(
      unknown.warnings.join("\n"),
      /nodeSelector match nothing: the labels of this node are not known/,
    );
    side.labels = [["gpu", "yes"]];
    const here = await source.load();
    assert.equal(here.plan?.rules.length, 1);
    side.labels = [["gpu", "no"]];
    const elsewhere = await source.load();
    assert.deepEqual(elsewhere.plan?.rules, []);
    assert.deepEqual(side.wanted, [false, true, true, true]);
    const keys = [plain, unknown, here, elsewhere].map(({ key }) => key);
    assert.equal(new Set(keys).size, 3, "other labels are another set to the agent");
    assert.equal(keys[0], keys[1]);
  });
});
