/** What rules matched. */
import { priorityNames } from "../../rules/plan.ts";
import type { Metric } from "../../serve/metrics.ts";
import type { RuleNumbers } from "../agent/counters.ts";
import { counter, type Read } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

export function ofRules({ counters }: MetricSources, empty: boolean): Metric[] {
  const labels = ["namespace", "object", "rule_name", "priority", "source"];
  const each =
    (value: (rule: RuleNumbers) => number): Read =>
    () =>
      counters()
        .flatMap(({ rules }) => rules)
        .filter((rule) => empty || value(rule) > 0)
        .map(
          (rule) =>
            [
              [rule.namespace, rule.object, rule.rule, priorityNames[rule.priority], rule.source],
              value(rule),
            ] as const,
        );
  return [
    counter(
      "rules_matches_total",
      "Events that a rule matched.",
      labels,
      each(({ matches }) => matches),
    ),
    counter(
      "rules_suppressed_total",
      "Alerts held back because their rule had too many.",
      labels,
      each(({ suppressed }) => suppressed),
    ),
    counter(
      "rules_faults_total",
      "Events on which a rule failed.",
      labels,
      each(({ faults }) => faults),
    ),
  ];
}
