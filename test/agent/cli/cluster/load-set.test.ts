import assert from "node:assert/strict";
import { loadSet } from "../../../../agent/cli/cluster/load-set.ts";
import { setDigest } from "../../../../agent/rules/set/digest.ts";
import type { RuleSet, SetObject } from "../../../../agent/rules/set/rule-set.ts";
import { catalogue } from "../../../support/rules.ts";
import { head } from "./made-sets.ts";

const rule = (name: string, condition: string) => ({
  rule: name,
  desc: "d",
  condition,
  output: "x",
  priority: "NOTICE",
});
const object = (namespace: string, name: string, more: Partial<SetObject>): SetObject => ({
  namespace,
  name,
  order: 50,
  ...more,
});

/** A set as the operator's ConfigMaps hold it, its objects dealt out to two shards. */
function text(set: RuleSet) {
  const { objects, ...rest } = set;
  const half = Math.ceil(objects.length / 2);
  return {
    index: { version: 1 as const, digest: setDigest(set), set: rest, shards: ["a", "b"] },
    shards: [JSON.stringify(objects.slice(0, half)), JSON.stringify(objects.slice(half))],
  };
}

describe("a cluster's set on an agent", () => {
  const good: RuleSet = {
    ...head,
    objects: [
      object("tiercel-system", "base", {
        macros: [{ macro: "opened", condition: "evt.type = openat" }],
        rules: [rule("Open", "opened")],
      }),
      object("shop", "own", {
        rules: [rule("Open", "opened and proc.name = x")],
        selector: { namespaces: ["shop"], podSelector: { matchLabels: { app: "web" } } },
        sinks: ["chat"],
      }),
    ],
  };

  it("is the plan of all its objects, each with its namespace and selector", () => {
    const { index, shards } = text(good);
    const { plan, from, mistakes, warnings, failures } = loadSet({ index, shards }, catalogue, {});
    assert.deepEqual([from, mistakes, warnings, failures], ["2 FalcoRules", "", [], []]);
    assert.equal(plan?.digest, index.digest);
    assert.deepEqual(
      plan?.rules.map(({ identity, onlyNamespace, selector, sinks }) => ({
        identity,
        onlyNamespace,
        selector,
        sinks,
      })),
      [
        {
          identity: { namespace: "tiercel-system", object: "base", rule: "Open" },
          ...{ onlyNamespace: undefined, selector: undefined, sinks: undefined },
        },
        {
          identity: { namespace: "shop", object: "own", rule: "Open" },
          onlyNamespace: "shop",
          selector: { namespaces: ["shop"], podSelector: { matchLabels: { app: "web" } } },
          sinks: ["chat"],
        },
      ],
    );
  });

  it("leaves out an object that this agent does not take, and says so; the others are in force", () => {
    const own = object("shop", "newer", { rules: [rule("New", "no.such = 1 and nor.this = 2")] });
    const { plan, failures, warnings } = loadSet(
      text({ ...good, objects: [...good.objects, own] }),
      catalogue,
      {},
    );
    assert.equal(plan?.rules.length, 2);
    assert.deepEqual(
      failures.map(({ namespace, object: name }) => [namespace, name]),
      [["shop", "newer"]],
    );
    assert.match(failures[0]!.message, /spec\.rules\[0\]\.condition:1:1: .*no\.such/);
    assert.match(warnings[0]!, /^FalcoRule shop\/newer is left out: /);
  });

  const { index, shards } = text(good);
  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ["a shard is missing", shards.slice(1)],
    ["shards are swapped", [...shards].reverse()],
    ["one character is another", [shards[0]!.replace("NOTICE", "NOTICF"), shards[1]!]],
    ["a shard is no JSON", ["[", shards[1]!]],
    ["a shard is no list", ["{}", shards[1]!]],
    ["an object is null", ["[null]", shards[1]!]],
  ];
  for (const [name, texts] of wrong)
    it(`is damaged where ${name}`, () => {
      const loaded = loadSet({ index, shards: texts }, catalogue, {});
      assert.deepEqual([loaded.plan, loaded.damaged], [undefined, true]);
      assert.match(loaded.mistakes, /rule set [0-9a-f]{12} is damaged/);
    });
});
