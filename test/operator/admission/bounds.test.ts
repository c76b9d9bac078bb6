import assert from "node:assert/strict";
import {
  boundWarnings,
  cut,
  mostMistakes,
  refusalOf,
  warningLimits,
} from "../../../operator/admission/bounds.ts";

const lengthOf = (text: string) => [...text].length;

describe("what people are told", () => {
  it("is cut within a line, by characters, with a mark", () => {
    assert.equal(cut("short", 10), "short");
    assert.equal(cut("two\n  lines\r\nmore", 100), "two lines more");
    assert.equal(cut("🚨".repeat(10), 10), "🚨".repeat(10));
    assert.equal(cut("🚨".repeat(11), 10), `${"🚨".repeat(9)}…`);
  });

  it("is at most as many warnings as the API server passes on; the last says how many more", () => {
    const texts = Array.from({ length: 100 }, (_, n) => `${n}: `.padEnd(300, "x"));
    const bounded = boundWarnings(texts);
    assert.ok(bounded.every((text) => lengthOf(text) <= warningLimits.one));
    assert.ok(bounded.reduce((sum, text) => sum + lengthOf(text), 0) <= warningLimits.all);
    assert.ok(bounded[0]!.startsWith("0: "));
    const shown = bounded.length - 1;
    assert.ok(shown >= 14, `${shown}`);
    assert.match(bounded.at(-1)!, new RegExp(`^and ${100 - shown} more`));
  });

  it("is each warning once, and all where there is room", () => {
    assert.deepEqual(boundWarnings(["a", "b", "a"]), ["a", "b"]);
    const exact = Array.from({ length: 16 }, (_, n) => `${n}:`.padEnd(256, "x"));
    assert.deepEqual(boundWarnings(exact), exact);
  });

  it("is one mistake on the line of kubectl, or several below each other, ten at most", () => {
    assert.equal(refusalOf(["a", "a"]), "a");
    assert.equal(refusalOf(["a", "b"]), "\n* a\n* b");
    const many = refusalOf(Array.from({ length: 25 }, (_, n) => `m${n}`))
      .split("\n")
      .slice(1);
    assert.equal(many.length, mostMistakes + 1);
    assert.match(many.at(-1)!, /^\* and 15 more/);
  });
});
