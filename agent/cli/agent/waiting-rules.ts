/** Rules and sources that do not meet: said at load, so that nobody relies on them. Pure. */
import type { RuleSetPlan } from "../../rules/plan.ts";

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** How a source that is known is switched on. */
const advice: Readonly<Record<string, string>> = {
  syscall: ", which sources.syscall.enabled switches on",
  k8s_audit: ", which sources.k8s_audit.listen switches on",
};

/**
 * One sentence for each source that has rules and is off, and for each of `sources` (those that are on) without rules.
 * @param shared a cluster's set goes to agents for different sources: rules of a source that others have do not wait here,
 *   and a FalcoRule's status says where nobody has it
 */
export function waitingRules(
  { rules }: Pick<RuleSetPlan, "rules">,
  sources: readonly string[],
  shared: boolean,
): string[] {
  const counts = new Map<string, number>();
  for (const { source } of rules) counts.set(source, (counts.get(source) ?? 0) + 1);
  const waiting = [...counts]
    .filter(([source]) => !sources.includes(source) && !(shared && source in advice))
    .map(([source, count]) => {
      const wait = count === 1 ? "waits" : "wait";
      return `${plural(count, "rule")} ${wait} for the source ${source}${advice[source] ?? ""}`;
    });
  const idle = sources
    .filter((source) => !counts.has(source))
    .map((source) => `no rule looks at the source ${source}`);
  return [...waiting, ...idle];
}
