/** Which rules are on, and in which order they are tried (rules-files 10.1, 10.3). */
import type { CompileOptions, SelectionStep } from "./options.ts";
import type { Priority } from "./plan.ts";

/** What selection asks of a rule. */
export interface Selectable {
  readonly name: string;
  readonly tags: ReadonlySet<string>;
  readonly enabled: boolean;
  readonly priority: Priority;
}

/** True where a whole name fits a pattern; `*` stands for any text, everything else for itself. */
export function matchesWildcard(pattern: string, name: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  const tail = rest.pop() ?? "";
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let at = head.length;
  const end = name.length - tail.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function selects(step: SelectionStep, rule: Selectable): boolean {
  if (step.tag !== undefined && rule.tags.has(step.tag)) return true;
  return step.rule !== undefined && matchesWildcard(step.rule, rule.name);
}

/**
 * The enabled rules in evaluation order. A rule that a step switches on joins at the end; one below the minimum
 * priority is never on.
 */
export function selectRules<R extends Selectable>(rules: readonly R[], options: CompileOptions): R[] {
  const lowest = options.minimumPriority ?? 7;
  const on = new Set(rules.filter((rule) => rule.enabled));
  for (const step of options.selection ?? [])
    for (const rule of rules) {
      if (!selects(step, rule)) continue;
      if (step.action === "disable") on.delete(rule);
      else on.add(rule);
    }
  return [...on].filter((rule) => rule.priority <= lowest);
}
