/** Which rules wait for calls that this agent does not capture: said at load, so that nobody relies on them. */
import { escapeText } from "../../engine/json.ts";
import type { EventCatalogue } from "../../rules/catalogue.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";

/** Names that one sentence holds. */
const SHOWN = 20;

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(escapeText).join(", ");
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

/** One sentence for rules that can never match, one for those that miss a part; none where all is captured. */
export function notCaptured(plan: RuleSetPlan, events: EventCatalogue): string[] {
  // A name may have two codes, as `container` has: one of them is enough.
  const seen = (code: number) =>
    events.captured(code) || (events.codes(events.name(code)) ?? []).some((each) => events.captured(each));
  const missing = new Set<string>();
  const blind: string[] = [];
  const partly: string[] = [];
  for (const { rule, source, events: codes } of plan.rules) {
    if (source !== "syscall" || codes === "all") continue;
    const out = codes.filter((code) => !seen(code));
    if (out.length === 0) continue;
    for (const code of out) missing.add(events.name(code));
    (out.length === codes.length ? blind : partly).push(rule);
  }
  const calls = list([...missing].sort());
  const sentences: string[] = [];
  if (blind.length > 0)
    sentences.push(`rules that can never match, because their calls are not captured: ${list(blind)}`);
  if (partly.length > 0) sentences.push(`rules that miss calls which are not captured: ${list(partly)}`);
  return sentences.length === 0 ? [] : [`${sentences.join("; ")} (calls: ${calls})`];
}
