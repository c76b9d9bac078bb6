/** Where alerts go. */
import type { Metric } from "../../serve/metrics.ts";
import type { SinkCounters } from "../../sinks/queue.ts";
import { counter, gauge, type Read } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

export function ofOutputs({ outputs }: MetricSources): Metric[] {
  const each =
    (value: (counters: SinkCounters) => number): Read =>
    () =>
      outputs().map((counters) => [[counters.name], value(counters)] as const);
  return [
    counter(
      "output_alerts_total",
      "What became of alerts at each output: delivered, failed (not taken), dropped (queue full).",
      ["output", "outcome"],
      () =>
        outputs().flatMap(({ name, delivered, failed, dropped }) => [
          [[name, "delivered"], delivered] as const,
          [[name, "failed"], failed] as const,
          [[name, "dropped"], dropped] as const,
        ]),
    ),
    counter(
      "output_retries_total",
      "Deliveries that were tried again.",
      ["output"],
      each(({ retried }) => retried),
    ),
    gauge(
      "output_queue_alerts",
      "Alerts that wait for an output.",
      ["output"],
      each(({ queued }) => queued),
    ),
    gauge(
      "output_spooled_alerts",
      "Alerts that wait for an output on disk.",
      ["output"],
      each(({ spooled }) => spooled),
    ),
    gauge(
      "output_healthy",
      "1 where the last delivery went well, 0 where it failed.",
      ["output"],
      each(({ healthy }) => (healthy === false ? 0 : 1)),
    ),
    gauge(
      "output_last_delivery_timestamp_seconds",
      "When an alert was last delivered, since the epoch; 0 for never.",
      ["output"],
      each(({ lastDelivery }) => (lastDelivery ?? 0) / 1000),
    ),
  ];
}
