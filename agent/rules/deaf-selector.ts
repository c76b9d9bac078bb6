/** Selectors that leave a rule nothing: an audit event tells the namespace of its object, no pod's labels and no node. */
import type { RuleSelector } from "./plan.ts";

/** The part of a selector with which a rule of that source matches nothing; undefined where there is none. */
export function deafPart(
  source: string,
  selector: RuleSelector | undefined,
): "podSelector" | "nodeSelector" | undefined {
  if (source !== "k8s_audit" || selector === undefined) return undefined;
  if (selector.podSelector !== undefined) return "podSelector";
  return selector.nodeSelector === undefined ? undefined : "nodeSelector";
}

/** Why, and what to do. */
export const deafReason = (part: "podSelector" | "nodeSelector"): string =>
  `a rule of k8s_audit matches nothing with a ${part}: audit events are of no ${part === "podSelector" ? "pod" : "node"}; put it into a FalcoRule without one (a namespaceSelector works)`;
