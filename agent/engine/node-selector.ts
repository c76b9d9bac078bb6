/** What of a rule set is for this node: node selectors are matched once, by the node's labels, and not event by event. */
import { labelTest, type LabelPairs } from "../rules/label-selector.ts";
import type { RulePlan, RuleSetPlan } from "../rules/plan.ts";

/** Whether some rule is for some nodes only. */
export function selectsNodes({ rules }: RuleSetPlan): boolean {
  return rules.some(({ selector }) => selector?.nodeSelector !== undefined);
}

/** The plan without rules that are for other nodes; undefined labels are not known, and match nothing. The digest stays. */
export function forNode(plan: RuleSetPlan, labels: LabelPairs | undefined): RuleSetPlan {
  if (!selectsNodes(plan)) return plan;
  return { ...plan, rules: plan.rules.flatMap((rule) => onNode(rule, labels)) };
}

/** The rule with its node selector settled; none where the node is not meant. An audit event is of no node. */
function onNode(rule: RulePlan, labels: LabelPairs | undefined): RulePlan[] {
  const { nodeSelector, ...selector } = rule.selector ?? {};
  if (nodeSelector === undefined) return [rule];
  if (labels === undefined || rule.source === "k8s_audit" || !labelTest(nodeSelector)(labels)) return [];
  return [{ ...rule, selector }];
}
