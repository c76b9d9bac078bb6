import assert from "node:assert/strict";
import { Bounds, MAX_ENTRIES } from "../../../../agent/state/runtimes/bounds.ts";

describe("bounds of what is kept of a container", () => {
  it("entries in number, each counted that is left out", () => {
    const bounds = new Bounds();
    const entries = Array.from({ length: MAX_ENTRIES.env + 7 }, (_, i) => `A${i}=`);
    assert.deepEqual(bounds.env(entries), entries.slice(0, MAX_ENTRIES.env));
    assert.equal(bounds.leftOut, 7);
  });

  it("entries in size, one and all together; what fits behind a large one is kept", () => {
    const bounds = new Bounds();
    assert.deepEqual(bounds.env(["A=1", "x".repeat(4097), "B=2"]), ["A=1", "B=2"]);
    assert.equal(bounds.leftOut, 1);
    assert.equal(bounds.env(Array.from({ length: 20 }, () => "x".repeat(4096))).length, 8);
    assert.equal(bounds.leftOut, 13);
  });

  it("texts are cut, what means nothing when it is cut is left out", () => {
    const bounds = new Bounds();
    assert.equal(bounds.text("x".repeat(5000)).length, 4096);
    assert.equal(bounds.whole("x".repeat(5000)), "");
    assert.equal(bounds.whole("{}"), "{}");
    assert.equal(bounds.leftOut, 2);
  });

  it("labels are sorted by name", () => {
    const labels = [["b", "1"] as const, ["a", "2"] as const, ["B", "3"] as const];
    assert.deepEqual(new Bounds().labels(labels), [labels[2], labels[1], labels[0]]);
  });
});
