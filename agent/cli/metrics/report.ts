/** What the agent writes into its cluster. */
import type { ReportStatus } from "../../report/report.ts";
import type { Metric } from "../../serve/metrics.ts";
import { counter, gauge, type Read } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

/** What is written into the cluster: matched + restored = written + waiting + held back, for each kind. */
export function ofReport({ report }: MetricSources): Metric[] {
  const kinds = (value: (numbers: ReportStatus["alerts"]) => number): Read => {
    return () => {
      const status = report();
      if (status === undefined) return [];
      return [
        [["SecurityAlert"], value(status.alerts)],
        [["Event"], value(status.events)],
      ];
    };
  };
  const each =
    (value: (status: ReportStatus) => number): Read =>
    () => {
      const status = report();
      return status === undefined ? [] : [[[], value(status)]];
    };
  const held = (kind: string, numbers: ReportStatus["alerts"]) =>
    Object.entries(numbers.held).map(([cause, count]) => [[kind, cause], count] as const);
  return [
    counter(
      "report_matches_total",
      "Matches that are to stand in objects of the cluster.",
      ["kind"],
      kinds(({ matched }) => matched),
    ),
    counter(
      "report_restored_total",
      "Matches that waited when the agent ended, and were found again.",
      ["kind"],
      kinds(({ restored }) => restored),
    ),
    counter(
      "report_written_total",
      "Matches that stand in objects of the cluster.",
      ["kind"],
      kinds(({ written }) => written),
    ),
    gauge(
      "report_waiting_matches",
      "Matches that wait to be written.",
      ["kind"],
      kinds(({ waiting }) => waiting),
    ),
    counter(
      "report_held_back_total",
      "Matches that stand in no object and never will, by cause.",
      ["kind", "cause"],
      () => {
        const status = report();
        return status === undefined
          ? []
          : [...held("SecurityAlert", status.alerts), ...held("Event", status.events)];
      },
    ),
    counter(
      "report_requests_total",
      "Writes of SecurityAlerts and Events that the API server took.",
      [],
      each(({ writer }) => writer.requests),
    ),
    counter(
      "report_faults_total",
      "Writes of SecurityAlerts and Events that failed.",
      [],
      each(({ writer }) => writer.faults),
    ),
    counter(
      "report_budget_waits_total",
      "Writes that had to wait for report.writes_per_minute.",
      [],
      each(({ writer }) => writer.budgetWaits),
    ),
    counter(
      "report_node_agent_writes_total",
      "Writes of the NodeAgent.",
      [],
      each(({ nodeAgent }) => nodeAgent.writes),
    ),
    counter(
      "report_node_agent_faults_total",
      "Writes of the NodeAgent that failed.",
      [],
      each(({ nodeAgent }) => nodeAgent.faults),
    ),
    gauge(
      "report_not_kept_matches",
      "Matches of rules whose numbers are not kept on the disk, since there are more than report.counts.",
      [],
      each(({ notKept }) => notKept),
    ),
  ];
}
