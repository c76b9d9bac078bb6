import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeRecord, viewOf, type PartContent } from "../../../agent/events/encode.ts";
import { RecordError, RecordView, fileAt, narrow } from "../../../agent/events/record-view.ts";
import { DATA_AT, HEADER, RECORD_MAX, headerFields, parts } from "../../../agent/events/record.ts";

const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});
const content: fc.Arbitrary<PartContent> = fc.oneof(
  bytes,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constant(null),
);
const header = fc.record(
  Object.fromEntries(
    headerFields
      .filter(([name]) => !["length", "type", "part_count", "comm"].includes(name))
      .map(([name, size]) => [name, fc.bigInt({ min: 0n, max: 2n ** BigInt(8 * size) - 1n })]),
  ),
);
const structParts: readonly number[] = [parts.FILE, parts.SOCKET, parts.EXE];

describe("encodeRecord", () => {
  it("writes what a view reads, for any facts", () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        header,
        fc.dictionary(fc.nat(28).map(String), content, { maxKeys: 12 }),
        fc.option(
          fc.record({
            dev: fc.nat(),
            ino: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
            mode: fc.nat(),
            flags: fc.nat(255),
          }),
          { nil: undefined },
        ),
        (type, given, partsGiven, file) => {
          const list = Object.entries(partsGiven)
            .map(([index, value]) => [Number(index), value] as const)
            .filter(([index]) => !structParts.includes(index));
          const view = viewOf(
            encodeRecord({ type, header: given, parts: new Map(list), ...(file && { file }) }),
          );
          assert.equal(view.type, type);
          for (const [name, value] of Object.entries(given)) {
            const size = headerFields.find(([each]) => each === name)![1];
            const at = HEADER[name as keyof typeof HEADER];
            const got = size === 8 ? view.u64(at) : size === 4 ? view.u32(at) : view.u16(at);
            assert.equal(BigInt(got), value, name);
          }
          for (const [index, value] of list) {
            assert.equal(view.hasPart(index), true);
            if (value === null) assert.equal(view.text(index), undefined);
            else if (typeof value === "string") assert.equal(view.text(index), value);
            else assert.equal(view.number(index), narrow(BigInt(value)));
          }
          assert.equal(view.hasPart(parts.FILE), file !== undefined);
          if (file === undefined) return;
          assert.equal(view.file(parts.FILE, fileAt.dev), file.dev);
          assert.equal(view.file(parts.FILE, fileAt.mode), file.mode);
          assert.equal(view.file(parts.FILE, fileAt.flags), file.flags);
          assert.equal(view.fileInode(parts.FILE), narrow(file.ino));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps the sign of return values", () => {
    for (const ret of [-1, -115, 0, 7, 140353482313728])
      assert.equal(viewOf(encodeRecord({ type: 0, header: { ret } })).ret, ret);
    assert.equal(viewOf(encodeRecord({ type: 0, header: { ret: -(2n ** 62n) } })).ret, -(2n ** 62n));
  });

  it("cuts a name at 15 bytes, as the kernel does", () => {
    assert.equal(
      viewOf(encodeRecord({ type: 0, header: { comm: "abcdefghijklmnopqrstuvwxyz" } })).comm,
      "abcdefghijklmno",
    );
  });

  it("writes sockets and programs", () => {
    const view = viewOf(
      encodeRecord({
        type: 0,
        socket: { family: 2, state: 1, role: 2, local_port: 80, local_address: "\x7f\0\0\x01", cookie: 9n },
        exe: { flags: 3, ino: 5n, ctime: 1n << 60n },
      }),
    );
    assert.equal(view.socket(parts.SOCKET, "role"), 2);
    assert.equal(view.socket(parts.SOCKET, "local_port"), 80);
    assert.equal(view.socketAddress(parts.SOCKET, "local_address"), "\x7f\0\0\x01");
    assert.equal(view.socketKey(parts.SOCKET, "cookie"), 9n);
    assert.equal(view.exe32(parts.EXE, "flags"), 3);
    assert.equal(view.exe64(parts.EXE, "ctime"), 1n << 60n);
  });

  it("refuses what no record can hold", () => {
    assert.throws(() => encodeRecord({ type: 0, parts: new Map([[32, 1]]) }), RangeError);
    assert.throws(() => encodeRecord({ type: 0, parts: new Map([[0, "x".repeat(RECORD_MAX)]]) }), RangeError);
  });
});

describe("RecordView", () => {
  it("never gives anything but a RecordError for random bytes, and reads what it took", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 600 }), fc.boolean(), (random, plausible) => {
        const buffer = Buffer.from(random);
        if (plausible && buffer.length >= DATA_AT) {
          buffer.writeUInt32LE(buffer.length, HEADER.length);
          buffer.writeUInt16LE(buffer.length % 33, HEADER.part_count);
        }
        const view = new RecordView();
        try {
          view.attach(
            buffer,
            new DataView(buffer.buffer, buffer.byteOffset, buffer.length),
            0,
            buffer.length,
          );
        } catch (error) {
          assert.ok(error instanceof RecordError);
          return;
        }
        for (let part = 0; part < 32; part++) {
          view.text(part);
          view.number(part);
        }
      }),
    );
  });
});
