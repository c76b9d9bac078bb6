import assert from "node:assert/strict";
import { indexOf, shardText, SetProblem } from "../../../../agent/cli/cluster/set-index.ts";
import { configMap, madeSet } from "./made-sets.ts";

describe("the index of a cluster's rules", () => {
  const { index } = madeSet("[]");
  const holds = (text: string) => configMap("tiercel-rules", "index.json", text);

  it("is what the operator wrote", () => {
    assert.deepEqual(indexOf(holds(JSON.stringify(index))), index);
  });

  const cases: readonly (readonly [name: string, object: unknown, message: RegExp])[] = [
    ["no ConfigMap", null, /has no key index\.json/],
    ["another key", configMap("x", "other", "{}"), /has no key index\.json/],
    ["no JSON", holds("{"), /its index\.json is no JSON/],
    ["null", holds("null"), /version undefined/],
    ["a version to come", holds(JSON.stringify({ ...index, version: 2 })), /version 2 .* update the agent/],
    ["no digest", holds(JSON.stringify({ ...index, digest: "abc" })), /digest/],
    ["shards that are no list", holds(JSON.stringify({ ...index, shards: {} })), /shards are no list/],
    [
      "a shard that would be another path",
      holds(JSON.stringify({ ...index, shards: ["../secrets/x"] })),
      /shards are no list of names/,
    ],
    ["65 shards", holds(JSON.stringify({ ...index, shards: Array(65).fill("s") })), /65 shards and 64/],
    ["a set of another version", holds(JSON.stringify({ ...index, set: {} })), /set has not version 1/],
  ];
  for (const [name, object, message] of cases)
    it(`is refused: ${name}`, () => {
      assert.throws(
        () => indexOf(object),
        (error) => error instanceof SetProblem && message.test(error.message),
      );
    });

  it("has shards that are text", () => {
    assert.equal(shardText(configMap("s", "objects.json", "[1]")), "[1]");
    assert.throws(() => shardText({ data: { "objects.json": 1 } }), /has no key objects\.json/);
  });
});
