/** Where a rule applies, written as plainly as the Kubernetes API reference says it; for comparison only. */
import type { LabelSelector, RulePlan } from "../../agent/rules/plan.ts";

export type LabelTable = Readonly<Record<string, string>>;

/** What is known of an event's pod; undefined parts are not known. */
export interface SlowPod {
  readonly namespace: string | undefined;
  readonly labels: LabelTable | undefined;
  readonly namespaceLabels: LabelTable | undefined;
}

export function slowlySelects(selector: LabelSelector, labels: LabelTable): boolean {
  // matchLabels is the same as matchExpressions with In and one value each.
  const wanted = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  }));
  return [...wanted, ...(selector.matchExpressions ?? [])].every(({ key, operator, values = [] }) => {
    const has = Object.hasOwn(labels, key);
    const listed = has && values.includes(labels[key]!);
    if (operator === "In") return listed;
    if (operator === "NotIn") return !listed;
    return operator === "Exists" ? has : !has;
  });
}

type Scope = Pick<RulePlan, "onlyNamespace" | "selector">;

/** Whether a rule with this scope may match an event of that pod; undefined: of no pod, or of one that is not known. */
export function slowlyInScope({ onlyNamespace, selector = {} }: Scope, pod: SlowPod | undefined): boolean {
  const { namespaces, namespaceSelector, podSelector, nodeSelector } = selector;
  const asks = [onlyNamespace, namespaces, namespaceSelector, podSelector, nodeSelector];
  if (asks.every((part) => part === undefined)) return true;
  if (pod === undefined || nodeSelector !== undefined) return false;
  const { namespace, labels, namespaceLabels } = pod;
  if (onlyNamespace !== undefined && namespace !== onlyNamespace) return false;
  if (namespaces !== undefined && (namespace === undefined || !namespaces.includes(namespace))) return false;
  const selects = (part: LabelSelector | undefined, of: LabelTable | undefined) =>
    part === undefined || (of !== undefined && slowlySelects(part, of));
  // Whoever resolved the selector to names has settled it.
  const settled = namespaces !== undefined || selects(namespaceSelector, namespaceLabels);
  return settled && selects(podSelector, labels);
}
