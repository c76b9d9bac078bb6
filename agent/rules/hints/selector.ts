/** Hint: where the rule's FalcoRule applies leaves it no event. */
import { deafPart, deafReason } from "../deaf-selector.ts";
import type { HintSubject, RuleHint } from "./hint.ts";

/** A rule of audit events in an object with a pod or node selector. */
export function* deafRules({ rule: { entry } }: HintSubject): Iterable<RuleHint> {
  const part = deafPart(entry.source, entry.origin.selector);
  if (part !== undefined) yield { code: "TIERCEL_SELECTOR", message: deafReason(part) };
}
