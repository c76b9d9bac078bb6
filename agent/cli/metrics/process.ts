/** The agent itself: its version, its rules as a whole, what it costs. */
import type { Metric } from "../../serve/metrics.ts";
import { counter, gauge, one } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

export function about({
  version,
  kernelRelease,
  hostname,
  startTime,
  absence,
  rules,
}: MetricSources): Metric[] {
  return [
    gauge("version_info", "Version of the agent.", ["version"], () => [[[version], 1]]),
    gauge("kernel_release_info", "Release of the kernel.", ["kernel_release"], () => [[[kernelRelease], 1]]),
    gauge("hostname_info", "Name of the node as alerts give it.", ["hostname"], () => [[[hostname], 1]]),
    gauge(
      "start_timestamp_seconds",
      "When the agent started, since the epoch.",
      [],
      one(() => startTime / 1000),
    ),
    gauge(
      "absence_seconds",
      "How long nobody watched before the agent did, since the last sign of an earlier one.",
      [],
      () => {
        const away = absence();
        return away === undefined ? [] : [[[], (away.until - away.from) / 1000]];
      },
    ),
    gauge("rule_set_info", "Digest of the rule set in force.", ["digest"], () => [[[rules().digest], 1]]),
    gauge(
      "rule_set_rules",
      "Rules in force.",
      [],
      one(() => rules().rules),
    ),
    gauge(
      "rule_set_timestamp_seconds",
      "When the rule set in force was taken in, since the epoch.",
      [],
      one(() => rules().since / 1000),
    ),
    counter(
      "rule_set_failures_total",
      "Rule sets that were refused.",
      [],
      one(() => rules().failures),
    ),
  ];
}

export function ofResources({ usage }: MetricSources): Metric[] {
  return [
    counter(
      "cpu_seconds_total",
      "Processor time of the agent.",
      [],
      one(() => usage().cpuSeconds),
    ),
    gauge(
      "memory_resident_bytes",
      "Memory of the agent.",
      [],
      one(() => usage().residentBytes),
    ),
  ];
}
