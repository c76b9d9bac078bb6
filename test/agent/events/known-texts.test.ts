import assert from "node:assert/strict";
import fc from "fast-check";
import { KNOWN_TEXTS, KnownTexts, LONGEST_KNOWN_TEXT } from "../../../agent/events/known-texts.ts";
import { folderOf, normalise } from "../../../agent/events/path-text.ts";

/** Bytes at an odd place of a larger buffer, as they stand in the ring. */
function find(texts: KnownTexts, text: string, at = 3) {
  const bytes = Buffer.alloc(at + text.length + 5, 0xee);
  bytes.write(text, at, "latin1");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return texts.find(bytes, view, at, text.length);
}

describe("known texts", () => {
  it("are what their bytes say, however often and in whatever order they come", () => {
    const text = fc.oneof(
      fc
        .array(fc.constantFrom("a", "b", "/", "\0", "\xff"), { minLength: 4, maxLength: 12 })
        .map((letters) => letters.join("")),
      // Texts that differ in one byte, at any place.
      fc
        .tuple(fc.integer({ min: 4, max: LONGEST_KNOWN_TEXT }), fc.nat(), fc.constantFrom("x", "y", "\x80"))
        .map(([length, place, letter]) => {
          const at = place % length;
          return "x".repeat(at) + letter + "x".repeat(length - at - 1);
        }),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 200 }), (all) => {
        const texts = new KnownTexts();
        for (const each of [...all, ...all.toReversed()]) assert.equal(find(texts, each)?.text, each);
        assert.equal(texts.found + texts.made, all.length * 2);
      }),
      { numRuns: 300 },
    );
  });

  it("make one string for equal bytes, wherever they stand", () => {
    const texts = new KnownTexts();
    const first = find(texts, "/etc/hostname");
    for (const at of [0, 1, 2, 7]) assert.equal(find(texts, "/etc/hostname", at), first);
    assert.deepEqual([texts.made, texts.found], [1, 4]);
  });

  it("leave out what is too long or too short to be kept", () => {
    const texts = new KnownTexts();
    for (const length of [0, 1, 3, LONGEST_KNOWN_TEXT + 1, 4096])
      assert.equal(find(texts, "x".repeat(length)), undefined);
    for (const length of [4, 5, LONGEST_KNOWN_TEXT])
      assert.equal(find(texts, "x".repeat(length))?.text.length, length);
    assert.equal(texts.made, 3);
  });

  it("are bounded: whoever brings many pushes some out, and none is wrong", () => {
    const texts = new KnownTexts();
    const many = Array.from({ length: KNOWN_TEXTS * 20 }, (_, i) => `/tmp/file-${i}`);
    const kept = new Set(many.map((each) => find(texts, each)));
    assert.equal(kept.size, many.length);
    const { made } = texts;
    for (const each of many) assert.equal(find(texts, each)?.text, each);
    assert.ok(texts.made - made >= many.length - KNOWN_TEXTS, "no more than the table holds was found again");
    assert.equal((texts as unknown as { texts: unknown[] }).texts.length, KNOWN_TEXTS);
  });

  it("say what follows from a path", () => {
    const texts = new KnownTexts();
    for (const path of ["/etc/hostname", "/etc//x/../y/", "/file", "/./."]) {
      const known = find(texts, path)!;
      for (let again = 0; again < 2; again++) {
        assert.equal(known.normalised, normalise(path));
        for (const form of [path, known.normalised]) assert.equal(known.folderOf(form), folderOf(form));
      }
    }
  });
});
