import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter, ListSplitter } from "../../../agent/kube/split.ts";

/** Feeds a text in pieces of those lengths. */
function feed(splitter: { push(chunk: Buffer): void }, text: string, lengths: readonly number[]): void {
  const bytes = Buffer.from(text);
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = lengths.length === 0 ? bytes.length : lengths[i % lengths.length]!;
    splitter.push(bytes.subarray(at, at + length));
    at += length;
  }
}

function read(text: string, lengths: readonly number[] = [], bound?: number) {
  const items: unknown[] = [];
  let leftOut = 0;
  const splitter = new ListSplitter({
    take: (item) => items.push(item),
    leftOut: () => leftOut++,
    ...(bound !== undefined && { bound }),
  });
  feed(splitter, text, lengths);
  return { list: splitter.end(), items, leftOut: () => leftOut };
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 });

describe("cutting a list into its items", () => {
  it("gives the same as JSON.parse, however it comes", () => {
    fc.assert(
      fc.property(fc.array(object), object, lengths, fc.boolean(), (items, metadata, pieces, last) => {
        const rest = { kind: "List", metadata, other: [[{ items: [1] }]] };
        const whole = last ? { ...rest, items } : { items, ...rest };
        for (const indent of [0, 2]) {
          const result = read(JSON.stringify(whole, null, indent), pieces);
          assert.deepEqual(result.items, JSON.parse(JSON.stringify(items)));
          assert.deepEqual(result.list, JSON.parse(JSON.stringify({ ...whole, items: [] })));
        }
      }),
    );
  });

  it("is not led astray by a text that looks like items", () => {
    const { items, list } = read(
      '{"a":"\\"items\\":[{}","b":{"items":[{"x":1}]},"items":[{"y":"]}\\\\"}]}',
      [3],
    );
    assert.deepEqual(items, [{ y: "]}\\" }]);
    assert.deepEqual(list, { a: '"items":[{}', b: { items: [{ x: 1 }] }, items: [] });
  });

  it("takes no items, and null", () => {
    assert.deepEqual(read('{"items":[ ],"metadata":{}}').items, []);
    assert.deepEqual(read('{"items":null,"metadata":{}}').list, { items: null, metadata: {} });
  });

  it("leaves out an item beyond the bound and goes on", () => {
    const { items, leftOut } = read(
      JSON.stringify({ items: [{ a: 1 }, { b: "x".repeat(200) }, { c: 3 }] }),
      [7],
      100,
    );
    assert.deepEqual([items, leftOut()], [[{ a: 1 }, { c: 3 }], 1]);
  });

  it("refuses what is no list of JSON", () => {
    for (const text of ["", "<html>", '{"items":[{"a":1}', '{"items":[{"a":}]}', "}]{", '{"items":[{]}]}'])
      assert.throws(() => read(text), { name: "ApiFault", kind: "nonsense" }, text);
  });

  it("refuses a flood beside the items", () => {
    assert.throws(() => read(`{"x":"${"y".repeat(100_000)}`, [5000]), /too much beside its items/);
  });
});

describe("cutting a watch into its events", () => {
  const lines = (text: string, pieces: readonly number[], bound?: number) => {
    const events: unknown[] = [];
    let leftOut = 0;
    const splitter = new LineSplitter({
      take: (event) => events.push(event),
      leftOut: () => leftOut++,
      ...(bound !== undefined && { bound }),
    });
    feed(splitter, text, pieces);
    return { events, leftOut };
  };

  it("gives whole lines only", () => {
    fc.assert(
      fc.property(fc.array(object), lengths, (objects, pieces) => {
        const text = objects.map((one) => `${JSON.stringify(one)}\n`).join("\n");
        assert.deepEqual(lines(`${text}{"half":`, pieces).events, JSON.parse(JSON.stringify(objects)));
      }),
    );
  });

  it("leaves out a line beyond the bound and goes on", () => {
    assert.deepEqual(lines(`{"a":1}\n{"b":"${"x".repeat(300)}"}\n{"c":3}\n`, [50], 100), {
      events: [{ a: 1 }, { c: 3 }],
      leftOut: 1,
    });
  });
});
