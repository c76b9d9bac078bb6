import assert from "node:assert/strict";
import { setDigest } from "../../../agent/rules/set/digest.ts";
import type { RuleSet, SetObject } from "../../../agent/rules/set/rule-set.ts";
import {
  indexOf,
  maxShardBytes,
  readIndex,
  readShard,
  shardsOf,
} from "../../../operator/resources/rule-set.ts";

const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "tiercel-operator", uid: "u" };
const place = { namespace: "tiercel-system", name: "tiercel", owner };

/** An object of about so many bytes. */
const object = (name: string, bytes: number): SetObject => ({
  namespace: "t",
  name,
  order: 50,
  lists: [{ list: "l", items: ["é".repeat(bytes / 2)] }],
});

const setOf = (...objects: readonly SetObject[]): RuleSet => ({
  version: 1,
  operatorNamespace: "tiercel-system",
  choices: [{ disable: { rule: "x" } }],
  priority: "debug",
  objects,
});

describe("a rule set as ConfigMaps", () => {
  it("comes back as it was, digest and all", () => {
    const set = setOf(object("a", 10), object("b", 600_000), object("c", 600_000), object("d", 10));
    const digest = setDigest(set);
    const shards = shardsOf(set, digest, place);
    const names = shards.map(({ metadata }) => metadata.name);
    const index = readIndex(indexOf(set, digest, names, place).data);
    assert.deepEqual(index?.shards, names);
    const objects = shards.flatMap(({ data }) => readShard(data) ?? []);
    assert.deepEqual({ ...index.set, objects }, set);
    assert.equal(setDigest({ ...index.set, objects }), index.digest);
  });

  it("fills shards in order, none beyond what a ConfigMap takes", () => {
    const set = setOf(...Array.from({ length: 40 }, (_, n) => object(`o${n}`, 100_000)));
    const shards = shardsOf(set, "0123456789abcdef", place);
    const bytes = shards.map(({ data }) => Buffer.byteLength(data["objects.json"]!));
    assert.deepEqual(shards.map(({ metadata }) => metadata.name).slice(0, 2), [
      "tiercel-rules-0123456789ab-0",
      "tiercel-rules-0123456789ab-1",
    ]);
    assert.equal(shards.length, 4);
    for (const each of bytes) assert.ok(each <= maxShardBytes);
    assert.ok(bytes[0]! > maxShardBytes - 110_000);
  });

  it("gives an empty set no shard", () => assert.deepEqual(shardsOf(setOf(), "0", place), []));

  it("is owned by the operator's Deployment, and shards cannot be changed", () => {
    const [shard] = shardsOf(setOf(object("a", 10)), "0".repeat(64), place);
    assert.deepEqual(shard?.metadata.ownerReferences, [owner]);
    assert.equal(shard.immutable, true);
    assert.equal(
      indexOf(setOf(), "0", [], { ...place, owner: undefined }).metadata.ownerReferences,
      undefined,
    );
  });

  it("reads nothing from what is none", () => {
    assert.equal(readIndex(undefined), undefined);
    assert.equal(readIndex({ "index.json": "{" }), undefined);
    assert.equal(readIndex({ "index.json": '{"version":2,"digest":"x","set":{},"shards":[]}' }), undefined);
    assert.equal(readShard({ "objects.json": "{}" }), undefined);
    assert.equal(readShard({ other: "[]" }), undefined);
  });
});
