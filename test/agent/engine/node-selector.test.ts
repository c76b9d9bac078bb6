import assert from "node:assert/strict";
import { forNode, selectsNodes } from "../../../agent/engine/node-selector.ts";
import type { RulePlan, RuleSelector } from "../../../agent/rules/plan.ts";
import type { LabelPairs } from "../../../agent/rules/label-selector.ts";
import { rulesOf } from "../../support/rules.ts";

const [one] = rulesOf(["- {rule: R, desc: d, condition: evt.type = open, output: x, priority: INFO}"]);

const rule = (name: string, selector: RuleSelector | undefined, source = "syscall"): RulePlan => ({
  ...one!,
  rule: name,
  source,
  ...(selector && { selector }),
});

describe("the rules of a set that are for this node", () => {
  const gpu = { matchLabels: { gpu: "yes" } };
  const plan = {
    digest: "d",
    rules: [
      rule("everywhere", undefined),
      rule("pods", { podSelector: {} }),
      rule("gpu", { nodeSelector: gpu }),
      rule("gpu pods", { nodeSelector: gpu, podSelector: {} }),
      rule("any node", { nodeSelector: {} }),
      rule("audit", { nodeSelector: gpu }, "k8s_audit"),
    ],
  };
  const cases: readonly (readonly [name: string, labels: LabelPairs | undefined, want: readonly string[]])[] =
    [
      ["labels that match", [["gpu", "yes"]], ["everywhere", "pods", "gpu", "gpu pods", "any node"]],
      ["labels that do not", [["gpu", "no"]], ["everywhere", "pods", "any node"]],
      ["labels that are not known", undefined, ["everywhere", "pods"]],
    ];
  for (const [name, labels, want] of cases)
    it(name, () => {
      const own = forNode(plan, labels);
      assert.deepEqual(
        own.rules.map((each) => each.rule),
        want,
      );
      assert.equal(own.digest, "d", "the set is the same");
      assert.equal(selectsNodes(own), false, "each selector is settled");
      assert.deepEqual(
        own.rules.find((each) => each.rule === "gpu pods")?.selector,
        want.length === 5 ? { podSelector: {} } : undefined,
      );
    });

  it("are those of the set where it selects none", () => {
    const same = { digest: "d", rules: plan.rules.slice(0, 2) };
    assert.equal(selectsNodes(same), false);
    assert.equal(forNode(same, undefined), same);
  });
});
