import assert from "node:assert/strict";
import { objectDigest } from "../../../../agent/rules/set/digest.ts";
import { resolved } from "../../../../operator/controllers/falco-rules/resolve.ts";
import { RuleSets } from "../../../../operator/controllers/falco-rules/rule-sets.ts";

const object = (name: string, order = 50) => ({ namespace: "t", name, order });

describe("what is known of rule sets", () => {
  it("tells which version of an object a set holds, of the last 32 sets", () => {
    const sets = new RuleSets();
    let told = 0;
    sets.onChange(() => told++);
    for (let n = 0; n < 40; n++) sets.remember(`set-${n}`, [object("a", n)]);
    assert.equal(told, 40);
    assert.equal(sets.objectDigest("set-39", "t/a"), objectDigest(object("a", 39)));
    assert.equal(sets.objectDigest("set-8", "t/a"), objectDigest(object("a", 8)));
    assert.equal(sets.objectDigest("set-7", "t/a"), undefined);
    assert.equal(sets.objectDigest("set-39", "t/b"), undefined);
  });
});

describe("a namespace selector", () => {
  const spaces = [
    { name: "b", labels: { x: "1" } },
    { name: "a", labels: { x: "1" } },
    { name: "c", labels: {} },
  ];
  const selecting = { ...object("o"), selector: { namespaceSelector: { matchLabels: { x: "1" } } } };
  it("is resolved to sorted names, and the same value while they are the same", () => {
    const first = resolved(selecting, spaces);
    assert.deepEqual(first.selector?.namespaces, ["a", "b"]);
    assert.equal(resolved(first, [...spaces].reverse()), first);
    assert.deepEqual(resolved(first, spaces.slice(0, 1)).selector?.namespaces, ["b"]);
  });
  it("that selects nothing has no names, which is not the same as none asked for", () => {
    assert.deepEqual(resolved(selecting, []).selector?.namespaces, []);
    const plain = object("o");
    assert.equal(resolved(plain, spaces), plain);
  });
});
