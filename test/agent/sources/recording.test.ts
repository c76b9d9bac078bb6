import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { Chunks, type Chunk } from "../../../agent/sources/recording/chunks.ts";
import { RecordingFile } from "../../../agent/sources/recording/file.ts";
import {
  BLOCK,
  MOST_BLOCK,
  blockFlags,
  blockKinds,
  itemKinds,
} from "../../../agent/sources/recording/format.ts";
import { RecordingError } from "../../../agent/sources/recording/read-blocks.ts";
import { Recording, type RecordingEnd } from "../../../agent/sources/recording/read.ts";
import { fromTypedJson, toTypedJson } from "../../../agent/sources/recording/typed-json.ts";
import { block, fileHead, item } from "../../../agent/sources/recording/write-blocks.ts";
import { unmet } from "../../support/requirements.ts";
import { record } from "../state/records.ts";

const facts = { hostname: "node-1", bootTime: 1_700_000_000_000_000_001n };

describe("a recording", () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-trec-"));
    file = join(folder, "a.trec");
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What a file holds, a line an item, and how it ended. */
  function read(path = file): { facts: unknown; lines: string[]; end: RecordingEnd } {
    const recording = Recording.open(path);
    try {
      const lines: string[] = [];
      const items = recording.items();
      for (let next = items.next(); ; next = items.next()) {
        if (next.done === true) return { facts: recording.facts, lines, end: next.value };
        const { value } = next;
        if (value.kind === "record")
          lines.push(`record ${value.record.pid} ${value.record.comm} ${value.record.text(1) ?? "-"}`);
        else lines.push(toTypedJson(value));
      }
    } finally {
      recording.close();
    }
  }

  /** Writes records and values through chunks, as the two threads do. */
  function write(
    fill: (chunks: Chunks) => void,
    options: {
      limit?: number;
      buffers?: number;
      bytes?: number;
      values?: number;
      onFull?: (reason: string) => void;
    } = {},
  ) {
    const fd = openSync(file, "w");
    try {
      const { limit = 1 << 30, onFull = () => {}, ...rest } = options;
      const writer = new RecordingFile({ fd, limit, onFull });
      writer.begin(facts);
      const chunks: Chunks = new Chunks({ ...rest, post: (chunk) => take(chunk) });
      const take = (chunk: Chunk) => {
        writer.chunk(chunk);
        chunks.giveBack(chunk.bytes, chunk.values.length);
      };
      fill(chunks);
      chunks.flush();
      return { ...writer.end({ reason: "stopped" }), lost: chunks.lost };
    } finally {
      closeSync(fd);
    }
  }

  const call = (pid: number, path: string) => record("openat", { pid, comm: "cat" }, { 1: path });

  it("gives back records, inputs and counters in their order", () => {
    const written = write((chunks) => {
      chunks.value(itemKinds.INPUT, { kind: "users", files: undefined, stamp: 12n });
      chunks.record(call(1, "/a"));
      chunks.record(call(2, "/b\xff"));
      chunks.value(itemKinds.INPUT, { names: new Map([["\x7f\0\0\x01", ["localhost"]]]) });
      chunks.record(call(3, "/c"));
      chunks.flush();
      chunks.value(itemKinds.COUNTERS, { drops: [] });
    });
    const { lines, end, facts: told } = read();
    assert.deepEqual(told, facts);
    assert.deepEqual(lines, [
      '{"kind":"input","input":{"kind":"users","stamp":{"$bigint":"12"}}}',
      "record 1 cat /a",
      "record 2 cat /b\xff",
      '{"kind":"input","input":{"names":{"$map":[["\x7f\\u0000\\u0000\\u0001",["localhost"]]]}}}',
      "record 3 cat /c",
      '{"kind":"counters","counters":{"drops":[]}}',
    ]);
    assert.deepEqual(end, { broken: undefined, end: { reason: "stopped", records: 3 } });
    assert.deepEqual([written.records, written.full, written.unwritten], [3, undefined, 0]);
    assert.equal(written.bytes, readFileSync(file).length);
  });

  it("takes thousands of records through a few small buffers", () => {
    write(
      (chunks) => {
        for (let i = 0; i < 2000; i++) chunks.record(call(i + 1, `/file/${i}`));
      },
      { buffers: 2, bytes: 1 },
    );
    const { lines } = read();
    assert.equal(lines.length, 2000);
    assert.equal(lines[1999], "record 2000 cat /file/1999");
    assert.ok(readFileSync(file).length < 100_000, "records are deflated");
  });

  it("counts what comes while the disk does not keep up, and says so at that place", () => {
    const waiting: Chunk[] = [];
    const chunks = new Chunks({ post: (chunk) => waiting.push(chunk), buffers: 1, values: 2 });
    const fd = openSync(file, "w");
    const writer = new RecordingFile({ fd, limit: 1 << 30, onFull: () => {} });
    writer.begin(facts);
    chunks.record(call(1, "/a"));
    chunks.flush();
    chunks.record(call(2, "/lost"));
    chunks.record(call(3, "/lost"));
    chunks.value(itemKinds.INPUT, "first");
    chunks.value(itemKinds.INPUT, "lost");
    assert.deepEqual(chunks.lost, { records: 2, inputs: 1 });
    writer.chunk(waiting[0]!);
    chunks.giveBack(waiting.shift()!.bytes, 0);
    chunks.record(call(4, "/b"));
    chunks.flush();
    for (const chunk of waiting) writer.chunk(chunk);
    writer.end({ reason: "stopped" });
    closeSync(fd);
    assert.deepEqual(read().lines, [
      "record 1 cat /a",
      '{"kind":"lost","lost":{"records":2,"inputs":0}}',
      '{"kind":"input","input":"first"}',
      '{"kind":"lost","lost":{"records":0,"inputs":1}}',
      "record 4 cat /b",
    ]);
  });

  it("ends below its limit, says why, and stays readable", () => {
    const reasons: string[] = [];
    const written = write(
      (chunks) => {
        for (let i = 0; i < 100; i++) {
          chunks.record(
            call(
              i + 1,
              Buffer.from(Array.from({ length: 3000 }, () => Math.random() * 256)).toString("latin1"),
            ),
          );
          chunks.flush();
        }
      },
      { limit: 100_000, onFull: (reason) => reasons.push(reason) },
    );
    assert.deepEqual(reasons, ["it has the 100000 bytes that it may have"]);
    assert.ok(readFileSync(file).length <= 100_000);
    const { lines, end } = read();
    assert.equal(lines.length, written.records);
    assert.equal(written.records + written.unwritten, 100);
    assert.ok(written.records > 10);
    assert.equal((end.end as { reason: string }).reason, reasons[0]);
  });

  it("stays readable when the disk is full", function () {
    if (process.getuid?.() !== 0) unmet(this, "kernel", "a small disk of one's own needs root");
    const script = `
      mount -t tmpfs -o size=64k none "$1" && exec "$2" --enable-source-maps "$3" "$1/full.trec"`;
    const helper = new URL("./full-disk.js", import.meta.url).pathname;
    const disk = mkdtempSync(join(folder, "disk-"));
    const out = execFileSync("unshare", ["-m", "sh", "-c", script, "sh", disk, process.execPath, helper], {
      encoding: "utf8",
    });
    const {
      full,
      records,
      read: lines,
      broken,
      bytes,
      size,
    } = JSON.parse(out) as Record<string, number | string>;
    assert.match(String(full), /ENOSPC|no space/);
    assert.ok(Number(records) > 0);
    assert.equal(lines, records);
    assert.equal(broken, "");
    assert.equal(bytes, size);
  });

  it("is read up to where it is torn, wherever that is", () => {
    write((chunks) => {
      for (let i = 0; i < 2; i++) {
        chunks.record(call(i + 1, `/file/${i}`));
        chunks.value(itemKinds.INPUT, { i });
        chunks.flush();
      }
    });
    const whole = readFileSync(file);
    const torn = join(folder, "torn.trec");
    let most = 0;
    for (let length = 0; length < whole.length; length++) {
      for (const zeros of [0, 100]) {
        writeFileSync(torn, Buffer.concat([whole.subarray(0, length), Buffer.alloc(zeros)]));
        let result;
        try {
          result = read(torn);
        } catch (error) {
          assert.ok(error instanceof RecordingError, String(error));
          continue;
        }
        assert.equal(result.end.end, undefined, `${length} bytes`);
        // Bytes of a block that were never written and read as zeros are as good as damaged.
        if (zeros === 0 && result.end.broken !== undefined) assert.equal(result.end.broken.kind, "torn");
        most = Math.max(most, result.lines.length);
      }
    }
    assert.equal(most, 4);
  });

  it("shows any flipped bit, with the block's offset", () => {
    write((chunks) => {
      for (let i = 0; i < 2; i++) {
        chunks.record(call(i + 1, `/file/${i}`));
        chunks.flush();
      }
    });
    const whole = readFileSync(file);
    const bad = join(folder, "bad.trec");
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at % 8);
      writeFileSync(bad, bytes);
      try {
        const { broken } = read(bad).end;
        assert.equal(broken?.kind, "damaged", `byte ${at}`);
        assert.ok(broken.offset <= at && at < broken.offset + 1000);
      } catch (error) {
        assert.ok(error instanceof RecordingError, String(error));
        assert.match(error.message, /damaged at offset \d+|is no recording|damaged/);
      }
    }
  });

  it("never fails otherwise, whatever is in the file", () => {
    const start = Buffer.concat([fileHead(), block(blockKinds.FACTS, Buffer.from(toTypedJson(facts)))]);
    const whole = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const anyItem = fc
      .tuple(
        fc.integer({ min: 0, max: 6 }),
        fc.oneof(
          whole,
          fc.json().map((text) => Buffer.from(text)),
        ),
      )
      .map(([kind, body]) => item(kind, body));
    const anyBlock = fc
      .tuple(fc.integer({ min: 0, max: 5 }), fc.oneof(whole, anyItem), fc.constantFrom(0, 4))
      .map(([kind, payload, flags]) => block(kind, payload, flags));
    // A block whose checksums are right and whose lengths lie.
    const liar = fc
      .tuple(
        anyBlock,
        fc.constantFrom(BLOCK.stored, BLOCK.plain, BLOCK.flags),
        fc.integer({ min: 0, max: 0xffff }),
      )
      .map(([bytes, at, value]) => {
        const copy = Buffer.from(bytes);
        copy.writeUInt16LE(value, at);
        copy.writeUInt32LE(crc32(copy.subarray(0, BLOCK.headChecksum)), BLOCK.headChecksum);
        return copy;
      });
    fc.assert(
      fc.property(fc.array(fc.oneof(anyBlock, liar, whole), { maxLength: 6 }), (pieces) => {
        writeFileSync(file, Buffer.concat([start, ...pieces]));
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof RecordingError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is refused where it is none, of a newer version, or needs what we do not know", () => {
    const start = Buffer.concat([fileHead(), block(blockKinds.FACTS, Buffer.from("{}"))]);
    const refused = (bytes: Buffer, message: RegExp) => {
      writeFileSync(file, bytes);
      assert.throws(
        () => read(),
        (error) => error instanceof RecordingError && message.test(error.message),
      );
    };
    refused(Buffer.from("- rule: x\n"), /is no recording of tiercel record/);
    refused(Buffer.alloc(0), /is no recording/);
    refused(fileHead({ major: 2, minor: 0 }), /format version 2, and this Tiercel reads version 1/);
    refused(fileHead(), /holds nothing/);
    refused(
      Buffer.concat([fileHead(), block(blockKinds.END, Buffer.from("{}"))]),
      /does not begin with the facts/,
    );
    refused(
      Buffer.concat([start, block(77, Buffer.from("x"), blockFlags.NEEDED)]),
      /kind 77, which this Tiercel does not know/,
    );
    assert.throws(() => read(folder), /no regular file/);
    assert.throws(() => read(join(folder, "none.trec")), /cannot be read: ENOENT/);
  });

  it("is read past what a newer minor version added", () => {
    const body = Buffer.concat([item(99, Buffer.from("new")), item(itemKinds.INPUT, Buffer.from("7"))]);
    const pieces = [
      fileHead({ major: 1, minor: 9 }),
      block(blockKinds.FACTS, Buffer.from("{}")),
      block(77, Buffer.from("x")),
      block(blockKinds.STREAM, body),
      block(blockKinds.END, Buffer.from("{}")),
    ];
    writeFileSync(file, Buffer.concat(pieces));
    assert.deepEqual(read().lines, ['{"kind":"input","input":7}']);
  });

  it("does not unpack more than a block says it holds, or than blocks may hold", () => {
    const bomb = deflateRawSync(Buffer.alloc(1 << 20));
    const bytes = Buffer.concat([Buffer.alloc(BLOCK.size), bomb]);
    for (const plain of [10, MOST_BLOCK + 1]) {
      bytes.writeUInt16LE(blockKinds.STREAM, BLOCK.kind);
      bytes.writeUInt16LE(blockFlags.DEFLATED, BLOCK.flags);
      bytes.writeUInt32LE(bomb.length, BLOCK.stored);
      bytes.writeUInt32LE(plain, BLOCK.plain);
      bytes.writeUInt32LE(crc32(bomb), BLOCK.checksum);
      bytes.writeUInt32LE(crc32(bytes.subarray(0, BLOCK.headChecksum)), BLOCK.headChecksum);
      writeFileSync(file, Buffer.concat([fileHead(), block(blockKinds.FACTS, Buffer.from("{}")), bytes]));
      assert.equal(read().end.broken?.kind, "damaged");
    }
  });
});

describe("typed JSON", () => {
  it("keeps big integers, maps, bytes and odd keys", () => {
    const value = {
      big: -(2n ** 63n),
      map: new Map<unknown, unknown>([["a", [1n]]]),
      bytes: new Uint8Array([0, 255]),
      odd: { $map: 1, b: { $bigint: "x" } },
      list: [null, true, 1.5, "\xff\0"],
    };
    assert.deepEqual(fromTypedJson(toTypedJson(value)), value);
    assert.deepEqual(fromTypedJson(toTypedJson({ a: undefined })), {});
    assert.throws(() => toTypedJson({ a: Number.NaN }), /no form for a number/);
  });

  it("refuses what has no such form, and keeps __proto__ a key like others", () => {
    for (const text of [
      "{",
      '{"$bigint": 1}',
      '{"$bigint": "1e5"}',
      '{"$map": 1}',
      '{"$map": [[1]]}',
      '{"$object": [[1, 2]]}',
      '{"$new": 1}',
      '{"$bytes": "", "a": 1}',
      "[".repeat(100) + "]".repeat(100),
    ])
      assert.throws(() => fromTypedJson(text), { name: "TypedJsonError" }, text);
    const value = fromTypedJson('{"__proto__": {"polluted": 1}}') as Record<string, unknown>;
    assert.equal(value["polluted"], undefined);
  });
});
