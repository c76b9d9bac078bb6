/** What makes the engine fast must not change what it says. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { adaptiveAnd } from "../../../agent/engine/adaptive.ts";
import { holdsFor, specialise, typeChecks } from "../../../agent/engine/specialise.ts";
import type { FieldReaders, FieldUse } from "../../../agent/rules/catalogue.ts";
import { compileCondition } from "../../../agent/rules/condition/compile.ts";
import type { TypedExpr } from "../../../agent/rules/condition/typed.ts";

const use = (name: string): FieldUse => ({
  text: name,
  name,
  type: "CHARBUF",
  list: false,
  quantifier: "none",
});
const check = (name: string, operator: "=" | "!=" | "in" | "startswith", ...values: string[]): TypedExpr => ({
  kind: "check",
  left: { kind: "field", field: use(name) },
  operator,
  values,
});

interface Event {
  readonly type: string;
  readonly name: string;
}
const readers: FieldReaders<Event> = {
  reader: ({ name }) => (name === "evt.type" ? ({ type }) => type : (event) => event.name),
  exists: () => () => true,
};

/** The condition specialised for a type; true and false as such. */
function forType(condition: TypedExpr, type: string): TypedExpr | boolean {
  return specialise(
    condition,
    new Map(typeChecks(condition).map((each) => [each, holdsFor(each as never, type)])),
  );
}

const isOpen = check("evt.type", "in", "open", "openat");
const notOpen: TypedExpr = { kind: "not", arg: isOpen };
const cat = check("proc.name", "=", "cat");

describe("a condition for one type of event", () => {
  const cases: { name: string; condition: TypedExpr; type: string; want: TypedExpr | boolean }[] = [
    {
      name: "loses what is true",
      condition: { kind: "and", args: [isOpen, cat] },
      type: "openat",
      want: cat,
    },
    {
      name: "is false where one part is",
      condition: { kind: "and", args: [isOpen, cat] },
      type: "mkdir",
      want: false,
    },
    {
      name: "is true where one part of an or is",
      condition: { kind: "or", args: [cat, isOpen] },
      type: "open",
      want: true,
    },
    {
      name: "keeps the rest of an or",
      condition: { kind: "or", args: [cat, isOpen] },
      type: "mkdir",
      want: cat,
    },
    {
      name: "turns a not around",
      condition: { kind: "and", args: [notOpen, cat] },
      type: "mkdir",
      want: cat,
    },
    { name: "settles everything", condition: notOpen, type: "mkdir", want: true },
    {
      name: "knows operators as the language does",
      condition: check("evt.type", "startswith", "open"),
      type: "openat2",
      want: true,
    },
    { name: "stays where it says nothing about types", condition: cat, type: "open", want: cat },
  ];
  for (const { name, condition, type, want } of cases)
    it(name, () => assert.deepEqual(forType(condition, type), want));

  const types = ["open", "openat", "mkdir"];
  const leaf = fc.oneof(
    fc.constantFrom(...types).map((type) => check("evt.type", "=", type)),
    fc.subarray(types).map((some) => check("evt.type", "in", ...some)),
    fc.constantFrom(...types).map((type) => check("evt.type", "!=", type)),
    fc.constantFrom("cat", "sh").map((name) => check("proc.name", "=", name)),
  );
  const { condition } = fc.letrec<{ condition: TypedExpr }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        args: fc.array(tie("condition"), { maxLength: 3 }),
      }),
      tie("condition").map((arg): TypedExpr => ({ kind: "not", arg })),
    ),
  }));

  it("says the same as the whole one, for any condition and event", () => {
    fc.assert(
      fc.property(condition, fc.constantFrom(...types), fc.constantFrom("cat", "sh"), (whole, type, name) => {
        const part = forType(whole, type);
        const got = typeof part === "boolean" ? part : compileCondition(part, readers)({ type, name });
        assert.equal(got, compileCondition(whole, readers)({ type, name }));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a conjunction that learns", () => {
  it("says the same in whatever order, for any events", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(255), { minLength: 20, maxLength: 600 }),
        (bits, events) => {
          const tests = bits.map((bit) => (event: number) => ((event >> bit) & 1) === 1);
          const all = adaptiveAnd(
            tests,
            bits.map((bit) => bit + 1),
          );
          for (const event of events)
            assert.equal(
              all(event),
              tests.every((test) => test(event)),
            );
        },
      ),
    );
  });

  it("tries first what fails most, and a dear test only where it pays", () => {
    const tried = [0, 0, 0];
    const test = (index: number, result: (event: number) => boolean) => (event: number) => {
      tried[index]!++;
      return result(event);
    };
    const run = (costs: number[]) => {
      const all = adaptiveAnd(
        [test(0, () => true), test(1, (event) => event % 2 === 0), test(2, () => false)],
        costs,
      );
      for (let event = 0; event < 20_000; event++) all(event);
      return tried.splice(0, 3, 0, 0, 0).map((count) => Math.round(count / 1000));
    };
    assert.deepEqual(run([1, 1, 1]), [0, 0, 20]);
    assert.deepEqual(run([1, 1, 50]), [0, 20, 10]);
  });
});
