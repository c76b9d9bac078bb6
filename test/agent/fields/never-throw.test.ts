/** Whatever a record says, reading a field gives a value or nothing: no single event may end the agent. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeRecord, viewOf, type PartContent } from "../../../agent/events/encode.ts";
import { events } from "../../../agent/events/table.ts";
import { eventParameters } from "../../../agent/events/parameters.ts";
import { pathViews } from "../../../agent/fields/context.ts";
import { syscallReaders } from "../../../agent/fields/index.ts";
import { catalogue, context, process, syscall, useOf } from "./fixture.ts";

/** Every field, those with an argument with some that they take. */
const tokens = syscall.fields.flatMap(({ name, argument, argumentKind }) => {
  const some: Record<string, string[]> = {
    index: [`${name}[0]`, `${name}[1]`, `${name}[99]`],
    key: [`${name}[0]`, `${name}[HOME]`],
    name: [`${name}.flags`, `${name}.name`, `${name}.addr`, `${name}.data`, `${name}.tuple`, `${name}.res`],
    dot:
      name === "evt.abspath"
        ? [`${name}.src`, `${name}.dst`]
        : [`${name}.${name === "evt.type.is" ? "open" : "cpu"}`],
  };
  const extra = argumentKind === undefined ? [] : some[argumentKind]!;
  return argument === "required" ? extra : [name, ...extra];
});
const readers = tokens.map(
  (token) => [token, syscallReaders.reader(useOf(token)), syscallReaders.exists(useOf(token))] as const,
);

const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 140,
});
const path = fc
  .array(fc.constantFrom("/", "a", "..", ".", "\0", "memfd:", "\xff"), { maxLength: 8 })
  .map((pieces) => pieces.join(""));
const content: fc.Arbitrary<PartContent> = fc.oneof(
  bytes,
  path,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: -200, max: 20 }),
  fc.constant(null),
);
const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const header = fc.record({
  ret: fc.oneof(word, fc.integer({ min: -4100, max: 9 })),
  tty: word,
  uid: word,
  pid: fc.nat(120),
  tid: fc.nat(120),
  cap_effective: word,
  vpid: word,
});

describe("reading fields", () => {
  it("never throws, and gives values of the shapes that conditions know", () => {
    fc.assert(
      fc.property(
        fc.nat(catalogue.events.size + 3),
        header,
        fc.dictionary(fc.nat(31).map(String), content, { maxKeys: 16 }),
        fc.boolean(),
        fc.constantFrom(...Object.values(pathViews)),
        (type, given, parts, known, view) => {
          const list = new Map(Object.entries(parts).map(([index, value]) => [Number(index), value]));
          const base = context({
            event: "open",
            process: known ? process({ parent: process() }) : undefined,
          });
          const c = { ...base, view, record: viewOf(encodeRecord({ type, header: given, parts: list })) };
          for (const [token, read, exists] of readers) {
            const value = read(c);
            const scalars = Array.isArray(value) ? (value as unknown[]) : [value];
            for (const scalar of scalars)
              assert.ok(
                ["string", "number", "bigint", "boolean", "undefined"].includes(typeof scalar),
                token,
              );
            if (typeof value === "bigint")
              assert.ok(!Number.isSafeInteger(Number(value)), `${token} ${value}`);
            assert.equal(typeof exists(c), "boolean");
            assert.equal(c.view, view, token);
          }
          assert.equal(eventParameters(c.record).length, events[type]?.params.length ?? 0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
