/** What makes the engine fast must not change what it says. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  Conjunction,
  FAILS,
  FAILS_HERE,
  HOLDS,
  SharedTest,
  TURNS,
} from "../../../agent/engine/conjunction.ts";
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
  it("says the same in whatever order, for any events and views", () => {
    const view = fc.array(fc.nat(255), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.boolean()), { minLength: 1, maxLength: 5 }),
        fc.array(view, { minLength: 20, maxLength: 600 }),
        (parts, events) => {
          // An event is the bits of each of its views; a test without paths looks at the first one's.
          let shown = 0;
          const bitOf = (bits: number, bit: number) => ((bits >> bit) & 1) === 1;
          const all = new Conjunction(
            parts.map(
              ([bit, usesPaths]) =>
                new SharedTest(
                  (event: readonly number[]) => bitOf(event[usesPaths ? shown : 0]!, bit),
                  bit + 1,
                  usesPaths,
                ),
            ),
          );
          events.forEach((event, number) => {
            for (shown = 0; shown < event.length; shown++) {
              const fixed = parts.every(([bit, usesPaths]) => usesPaths || bitOf(event[0]!, bit));
              const holds = fixed && parts.every(([bit, paths]) => !paths || bitOf(event[shown]!, bit));
              const outcome = all.evaluate(event, number * TURNS, shown);
              assert.equal(outcome === HOLDS, holds);
              // Never "fails whatever the view" where only this view's paths are to blame.
              if (fixed) assert.notEqual(outcome, FAILS);
              else assert.ok(outcome === FAILS || outcome === FAILS_HERE);
            }
          });
        },
      ),
    );
  });

  it("does a test that rules have in common once an event, and one of paths once a view", () => {
    const done = { fixed: 0, paths: 0 };
    const fixed = new SharedTest(() => ++done.fixed > 0, 1, false);
    const paths = new SharedTest(() => ++done.paths > 0, 1, true);
    const rules = [new Conjunction([fixed, paths]), new Conjunction([paths, fixed])];
    for (const turn of [0, TURNS, 2 * TURNS])
      for (const view of [0, 1, 2])
        for (const rule of rules) assert.equal(rule.evaluate(undefined, turn, view), HOLDS);
    assert.deepEqual(done, { fixed: 3, paths: 9 });
  });

  it("keeps nothing of a test that threw", () => {
    let calls = 0;
    const test = new SharedTest(
      () => {
        if (++calls === 1) throw new Error("a fault");
        return false;
      },
      1,
      false,
    );
    assert.throws(() => test.holds(undefined, 0, 0));
    assert.equal(test.holds(undefined, 0, 0), false);
    assert.equal(calls, 2);
  });

  it("tries first what fails most, and a dear test only where it pays", () => {
    const tried = [0, 0, 0];
    const test = (index: number, result: (event: number) => boolean) => (event: number) => {
      tried[index]!++;
      return result(event);
    };
    const run = (costs: number[]) => {
      const all = new Conjunction(
        [test(0, () => true), test(1, (event) => event % 2 === 0), test(2, () => false)].map(
          (each, index) => new SharedTest(each, costs[index]!, false),
        ),
      );
      for (let event = 0; event < 20_000; event++) all.evaluate(event, event * TURNS, 0);
      return tried.splice(0, 3, 0, 0, 0).map((count) => Math.round(count / 1000));
    };
    assert.deepEqual(run([1, 1, 1]), [0, 0, 20]);
    assert.deepEqual(run([1, 1, 50]), [0, 20, 10]);
  });
});
