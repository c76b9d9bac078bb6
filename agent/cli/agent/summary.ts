/** What the agent says when it ends, under Falco's headings where Falco has them. */
import { escapeText } from "../../engine/json.ts";
import { priorityNames } from "../../rules/plan.ts";
import type { Counters } from "./counters.ts";
import { lossOf, ownerText, type Losses } from "./loss-owner.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Sums by key, largest first, then by name; zeros are left out. */
function totals(rows: readonly (readonly [key: string, count: number])[]): [string, number][] {
  const result = new Map<string, number>();
  for (const [key, count] of rows) result.set(key, (result.get(key) ?? 0) + count);
  return [...result].filter(([, count]) => count > 0).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

const byCause = (rows: [string, number][]) =>
  rows.map(([key, count]) => `${escapeText(key)} ${count}`).join(", ");

/** Owners that are named. */
const NAMED = 20;

/** Whose events were lost, a line each. */
function ownerLines({ owners, others }: Losses): string[] {
  const losing = owners.filter((owner) => lossOf(owner) > 0).sort((a, b) => lossOf(b) - lossOf(a));
  const unnamed = losing.slice(NAMED).reduce((total, owner) => total + lossOf(owner), others);
  if (losing.length === 0) return [];
  return [
    "Events dropped by container:",
    ...losing.slice(0, NAMED).map((owner) => {
      const rows = totals(owner.drops.map(({ cause, event, count }) => [`${cause} of ${event}`, count]));
      return `   ${escapeText(ownerText(owner))}: ${lossOf(owner)} (${byCause(rows)})`;
    }),
    ...(unnamed > 0 ? [`   (others): ${unnamed}`] : []),
  ];
}

/** What became of alerts behind the engine, by sink. */
export interface SinkNumbers {
  readonly name: string;
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
}

const line = (count: number, rows: [string, number][]) =>
  rows.length === 0 ? String(count) : `${count} (${byCause(rows)})`;

/** The summary, without a newline at its end. */
export function summary(sources: readonly Counters[], sinks: readonly SinkNumbers[]): string {
  const rules = sources.flatMap((counters) => counters.rules);
  const gone = (value: (gone: Counters["gone"]) => number) =>
    sum(sources.map((counters) => value(counters.gone)));
  const bySource = (value: (counters: Counters) => number) =>
    line(
      sum(sources.map(value)),
      sources.length < 2 ? [] : totals(sources.map((counters) => [counters.source, value(counters)])),
    );
  const dropped = sources.flatMap((counters) => [
    ...counters.drops.map(
      ({ cause, event, count }) => [event === "" ? cause : `${cause} of ${event}`, count] as const,
    ),
    ["undecodable", counters.undecodable] as const,
  ]);
  const lost = totals([
    ["main thread behind", sum(sources.map(({ overflow }) => overflow))],
    ...sinks.map(({ name, failed, dropped: out }) => [name, failed + out] as const),
  ]);
  const lines = [
    `Events seen: ${bySource(({ events }) => events)}`,
    `Events matched: ${bySource(({ matched }) => matched)}`,
    `Events dropped: ${line(sum(dropped.map(([, count]) => count)), totals(dropped))}`,
    ...sources.flatMap(({ losses }) => ownerLines(losses)),
    `Alerts suppressed by the rate of their rule: ${sum(rules.map((rule) => rule.suppressed)) + gone(({ suppressed }) => suppressed)}`,
    `Alerts lost on the way: ${line(sum(lost.map(([, count]) => count)), lost)}`,
  ];
  const refused = totals(
    sources.flatMap(({ requests = [] }) =>
      requests
        .filter(({ outcome }) => outcome !== "accepted")
        .map(({ outcome, count }) => [outcome, count] as const),
    ),
  );
  if (refused.length > 0)
    lines.push(`Requests refused: ${line(sum(refused.map(([, count]) => count)), refused)}`);
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
  const left = gone(({ matches }) => matches);
  if (left > 0) lines.push(`   (rules that left the set): ${left}`);
  return lines.join("\n");
}
