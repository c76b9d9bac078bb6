/** What the rules of a source did, as its counters say it. */
import type { RuleCount, RuleCounts } from "../../engine/rule-counts.ts";
import type { Counters, RuleNumbers } from "./counters.ts";

function numbersOf(count: RuleCount): RuleNumbers {
  const { identity, rule, priority, source, tags, matches, lastMatch, suppressed, faults } = count;
  const { namespace, object } = identity;
  return { namespace, object, rule, priority, source, tags, matches, lastMatch, suppressed, faults };
}

/** The numbers as they are now: plain data. */
export function ruleNumbers(counts: RuleCounts): Pick<Counters, "rules" | "gone"> {
  return { rules: [...counts.all()].map(numbersOf), gone: { ...counts.gone } };
}
