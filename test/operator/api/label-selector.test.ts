import assert from "node:assert/strict";
import { selects } from "../../../operator/api/label-selector.ts";
import type { LabelSelector } from "../../../operator/api/object-meta.ts";

const expression = (
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist",
  ...values: string[]
): LabelSelector => ({
  matchExpressions: [{ key: "team", operator, ...(values.length > 0 && { values }) }],
});

describe("a label selector", () => {
  const cases: readonly [
    name: string,
    selector: LabelSelector,
    labels: Record<string, string>,
    want: boolean,
  ][] = [
    ["that asks for nothing selects everything", {}, {}, true],
    ["asks for a value", { matchLabels: { team: "a" } }, { team: "a" }, true],
    ["does not take another value", { matchLabels: { team: "a" } }, { team: "b" }, false],
    ["does not take a missing label", { matchLabels: { team: "a" } }, {}, false],
    ["asks for all of its labels", { matchLabels: { team: "a", tier: "x" } }, { team: "a" }, false],
    ["In takes one of some", expression("In", "a", "b"), { team: "b" }, true],
    ["In does not take a missing label", expression("In", "a"), {}, false],
    ["NotIn takes others", expression("NotIn", "a"), { team: "b" }, true],
    ["NotIn takes a missing label", expression("NotIn", "a"), {}, true],
    ["NotIn does not take one of some", expression("NotIn", "a"), { team: "a" }, false],
    ["Exists takes any value", expression("Exists"), { team: "" }, true],
    ["Exists does not take a missing label", expression("Exists"), {}, false],
    ["DoesNotExist takes a missing label", expression("DoesNotExist"), {}, true],
    ["DoesNotExist does not take any value", expression("DoesNotExist"), { team: "" }, false],
    ["asks for both parts", { ...expression("Exists"), matchLabels: { tier: "x" } }, { team: "a" }, false],
    ["does not look at what every object has", { matchLabels: { toString: "x" } }, {}, false],
  ];
  for (const [name, selector, labels, want] of cases)
    it(name, () => assert.equal(selects(selector, labels), want));
});
