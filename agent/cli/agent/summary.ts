/** What the agent says when it ends, under Falco's headings where Falco has them. */
import { escapeText } from "../../engine/json.ts";
import { priorityNames } from "../../rules/plan.ts";
import type { Counters } from "./counters.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Sums by key, largest first, then by name; zeros are left out. */
function totals(rows: readonly (readonly [key: string, count: number])[]): [string, number][] {
  const result = new Map<string, number>();
  for (const [key, count] of rows) result.set(key, (result.get(key) ?? 0) + count);
  return [...result].filter(([, count]) => count > 0).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

const byCause = (rows: [string, number][]) =>
  rows.map(([key, count]) => `${escapeText(key)} ${count}`).join(", ");

/** What became of alerts behind the engine, by sink. */
export interface SinkNumbers {
  readonly name: string;
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
}

/** The summary, without a newline at its end. */
export function summary(counters: Counters, sinks: readonly SinkNumbers[]): string {
  const { rules, gone } = counters;
  const dropped = [
    ...counters.drops.map(
      ({ cause, event, count }) => [event === "" ? cause : `${cause} of ${event}`, count] as const,
    ),
    ["undecodable", counters.undecodable] as const,
  ];
  const lost = totals([
    ["main thread behind", counters.overflow],
    ...sinks.map(({ name, failed, dropped: out }) => [name, failed + out] as const),
  ]);
  const line = (count: number, rows: [string, number][]) =>
    rows.length === 0 ? String(count) : `${count} (${byCause(rows)})`;
  const lines = [
    `Events seen: ${counters.events}`,
    `Events matched: ${counters.matched}`,
    `Events dropped: ${line(sum(dropped.map(([, count]) => count)), totals(dropped))}`,
    `Alerts suppressed by the rate of their rule: ${sum(rules.map((rule) => rule.suppressed)) + gone.suppressed}`,
    `Alerts lost on the way: ${line(sum(lost.map(([, count]) => count)), lost)}`,
  ];
  const faults = totals(rules.map((rule) => [rule.rule, rule.faults]));
  if (faults.length > 0) lines.push(`Rules that failed on events: ${byCause(faults)}`);
  lines.push("Rule counts by severity:");
  const severities = new Map<number, number>();
  for (const rule of rules)
    severities.set(rule.priority, (severities.get(rule.priority) ?? 0) + rule.matches);
  for (const [priority, name] of priorityNames.entries()) {
    const count = severities.get(priority) ?? 0;
    if (count > 0) lines.push(`   ${name === "Informational" ? "INFO" : name.toUpperCase()}: ${count}`);
  }
  lines.push("Triggered rules by rule name:");
  for (const [name, count] of totals(rules.map((rule) => [rule.rule, rule.matches])))
    lines.push(`   ${escapeText(name)}: ${count}`);
  if (gone.matches > 0) lines.push(`   (rules that left the set): ${gone.matches}`);
  return lines.join("\n");
}
