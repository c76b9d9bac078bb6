import assert from "node:assert/strict";
import fc from "fast-check";
import type { Expr } from "../../../../agent/rules/condition/ast.ts";
import { checkCondition } from "../../../../agent/rules/condition/check.ts";
import { compileCondition } from "../../../../agent/rules/condition/compile.ts";
import type { TypedExpr } from "../../../../agent/rules/condition/typed.ts";
import { madeCatalogue, madeReaders, madeSource } from "../../../support/made-catalogue.ts";
import type { MadeEvent } from "../../../support/made-catalogue.ts";
import { randomCondition, randomEvent } from "../../../support/random-conditions.ts";
import { slowlyHolds } from "../../../support/slow-evaluator.ts";

const typedOf = (expr: Expr) => checkCondition(expr, madeSource, madeCatalogue).typed;

/** The compiled closure says what the slow evaluator says; `fault` may spoil what is compiled. */
function agreement(fault: (typed: TypedExpr) => TypedExpr = (typed) => typed) {
  return fc.property(
    randomCondition,
    fc.array(randomEvent, { minLength: 4, maxLength: 8 }),
    (expr, events) => {
      const test = compileCondition<MadeEvent>(fault(typedOf(expr)), madeReaders);
      for (const event of events) assert.equal(test(event), slowlyHolds(expr, event));
    },
  );
}

type Check = Extract<TypedExpr, { kind: "check" }>;

/** Changes every check, and leaves out `not` where asked. */
function spoilt(change: (check: Check) => TypedExpr, dropNot = false): (typed: TypedExpr) => TypedExpr {
  const visit = (typed: TypedExpr): TypedExpr => {
    if (typed.kind === "check") return change(typed);
    if (typed.kind === "not") return dropNot ? visit(typed.arg) : { kind: "not", arg: visit(typed.arg) };
    return { kind: typed.kind, args: typed.args.map(visit) };
  };
  return visit;
}

const swap = (from: string, to: Check["operator"]) =>
  spoilt((check) => (check.operator === from ? { ...check, operator: to } : check));

const faults: Readonly<Record<string, (typed: TypedExpr) => TypedExpr>> = {
  "= negated": swap("=", "!="),
  "!= as not =, so true where missing": spoilt((check) =>
    check.operator === "!=" ? { kind: "not", arg: { ...check, operator: "=" } } : check,
  ),
  "< off by one": swap("<", "<="),
  "in as intersects": swap("in", "intersects"),
  "startswith as contains": swap("startswith", "contains"),
  "iglob as glob": swap("iglob", "glob"),
  "a regular expression that is not anchored": swap("regex", "contains"),
  "pmatch as startswith": spoilt((check) =>
    check.operator === "pmatch" && check.values?.length === 1 ? { ...check, operator: "startswith" } : check,
  ),
  "oneof as anyof": spoilt((check) => (check.modifier === "oneof" ? { ...check, modifier: "anyof" } : check)),
  "the last constant forgotten": spoilt((check) =>
    check.values !== undefined && check.values.length > 1
      ? { ...check, values: check.values.slice(0, -1) }
      : check,
  ),
  "a network one bit too wide": spoilt((check) => ({
    ...check,
    ...(check.values && {
      values: check.values.map((value) =>
        typeof value === "object" ? { ...value, prefix: Math.max(0, value.prefix - 1) } : value,
      ),
    }),
  })),
  "not forgotten": spoilt((check) => check, true),
};

describe("a compiled condition", () => {
  it("says what the slow evaluator says, whatever the condition and the event", () => {
    fc.assert(agreement(), { numRuns: 3000 });
  });

  for (const [name, fault] of Object.entries(faults))
    it(`is told from one with a planted fault: ${name}`, () => {
      const found = fc.check(agreement(fault), { numRuns: 20_000, endOnFailure: true });
      assert.ok(found.errorInstance instanceof assert.AssertionError, "the property did not find the fault");
    });
});
