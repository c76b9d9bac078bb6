import assert from "node:assert/strict";
import fc from "fast-check";
import { labelTest, type LabelPairs } from "../../../agent/rules/label-selector.ts";
import type { LabelSelector } from "../../../agent/rules/plan.ts";
import { slowlySelects } from "../../support/slow-scope.ts";

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

describe("a label selector", () => {
  const web: LabelPairs = [
    ["app", "web"],
    ["tier", ""],
  ];
  const one = (operator: Expression["operator"], key: string, ...values: string[]): LabelSelector => ({
    matchExpressions: [{ operator, key, ...(values.length > 0 && { values }) }],
  });
  const cases: readonly (readonly [name: string, selector: LabelSelector, want: boolean])[] = [
    ["without parts means every object", {}, true],
    ["with empty parts means every object", { matchLabels: {}, matchExpressions: [] }, true],
    ["wants each of its labels", { matchLabels: { app: "web", tier: "" } }, true],
    ["is missed by another value", { matchLabels: { app: "we" } }, false],
    ["is missed by an absent label, though its value be empty", { matchLabels: { zone: "" } }, false],
    ["In: one of the values", one("In", "app", "db", "web"), true],
    ["In: none of the values", one("In", "app", "db"), false],
    ["In: an absent label", one("In", "zone", "db"), false],
    ["NotIn: one of the values", one("NotIn", "app", "db", "web"), false],
    ["NotIn: none of the values", one("NotIn", "app", "db"), true],
    ["NotIn: an absent label", one("NotIn", "zone", "db"), true],
    ["Exists: there, though empty", one("Exists", "tier"), true],
    ["Exists: absent", one("Exists", "zone"), false],
    ["DoesNotExist: there, though empty", one("DoesNotExist", "tier"), false],
    ["DoesNotExist: absent", one("DoesNotExist", "zone"), true],
    ["takes names as they are, not as an object's own", one("DoesNotExist", "constructor"), true],
    [
      "wants labels and expressions together",
      { matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] },
      false,
    ],
  ];
  for (const [name, selector, want] of cases)
    it(name, () => {
      assert.equal(labelTest(selector)(web), want);
      assert.equal(slowlySelects(selector, Object.fromEntries(web)), want, "the slow evaluator");
    });

  it("says what the slow evaluator says, for any selector and labels", () => {
    const key = fc.constantFrom("a", "b", "c");
    const value = fc.constantFrom("", "x", "y");
    const expression = fc.record({
      key,
      operator: fc.constantFrom<Expression["operator"]>("In", "NotIn", "Exists", "DoesNotExist"),
      values: fc.array(value, { maxLength: 2 }),
    });
    const selector = fc.record(
      {
        matchLabels: fc.dictionary(key, value, { maxKeys: 2 }),
        matchExpressions: fc.array(expression, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(selector, fc.dictionary(key, value, { maxKeys: 3 }), (each, labels) => {
        assert.equal(labelTest(each)(Object.entries(labels)), slowlySelects(each, labels));
      }),
      { numRuns: 500 },
    );
  });
});
