import assert from "node:assert/strict";
import fc from "fast-check";
import { Message, WireError, message } from "../../../../agent/state/runtimes/protobuf.ts";

describe("messages of Protocol Buffers", () => {
  it("are read as they were written", () => {
    const bytes = message(
      [1, "caf\xc3\xa9"],
      [2, 300],
      [3, true],
      [4, message([1, "key"], [2, "value"])],
      [4, message([1, "other"])],
      [17, 2 ** 40],
      [5, ""],
      [6, 0],
    );
    const read = new Message(bytes);
    assert.equal(read.text(1), "caf\xc3\xa9");
    assert.equal(read.number(2), 300);
    assert.equal(read.flag(3), true);
    assert.deepEqual(read.map(4), [
      ["key", "value"],
      ["other", ""],
    ]);
    assert.equal(read.int64(17), 2n ** 40n);
    assert.deepEqual([read.text(5), read.number(6), read.flag(7)], ["", 0, false]);
    assert.deepEqual(read.texts(9), []);
  });

  it("as other programs write them", () => {
    // protoc: field 1 varint -2 as int64, field 2 fixed64, field 3 fixed32, field 1 again: the last counts
    const bytes = Uint8Array.from([
      ...[0x08, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4],
      ...[0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]);
    assert.equal(new Message(bytes).int64(1), -2n);
  });

  it("that are torn or random are refused and nothing worse", () => {
    const whole = message([1, "name"], [2, message([1, "a"], [2, "b"])], [3, 1_000_000]);
    for (let length = 0; length < whole.length; length++) readAll(whole.subarray(0, length));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), readAll), { numRuns: 2000 });
    assert.throws(() => new Message(Uint8Array.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])), WireError);
    assert.throws(() => new Message(new Uint8Array(32).fill(0xff)), WireError);
    assert.throws(() => new Message(Uint8Array.from([0x0b])), /wire type 3/);
  });

  it("have at most 65,536 fields", () => {
    assert.throws(
      () => new Message(new Uint8Array(2 * 65_537).fill(0).map((_, i) => (i % 2 === 0 ? 8 : 1))),
      WireError,
    );
    new Message(new Uint8Array(2 * 65_536).map((_, i) => (i % 2 === 0 ? 8 : 1)));
  });
});

function readAll(bytes: Uint8Array): void {
  try {
    const read = new Message(bytes);
    for (let field = 0; field < 32; field++) {
      read.text(field);
      read.number(field);
      read.map(field);
    }
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
  }
}
