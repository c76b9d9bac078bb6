/** Events, and those that were lost. */
import type { Metric } from "../../serve/metrics.ts";
import type { Counters } from "../agent/counters.ts";
import { type Losses, shortId } from "../agent/loss-owner.ts";
import { counter, gauge, type Read } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

function* ofOwners({ owners, others }: Losses): Iterable<readonly [readonly string[], number]> {
  for (const { container, name, namespace, pod, cgroup, drops } of owners)
    for (const { cause, event, count } of drops)
      yield [[shortId(container), name, namespace, pod, cgroup, cause, event], count];
  if (others > 0) yield [new Array<string>(7).fill("(others)"), others];
}

export function ofEvents({ counters }: MetricSources): Metric[] {
  const each =
    (value: (counters: Counters) => number): Read =>
    () =>
      counters().map((source) => [[source.source], value(source)] as const);
  return [
    counter(
      "events_total",
      "Events that reached the agent.",
      ["source"],
      each(({ events }) => events),
    ),
    counter(
      "events_matched_total",
      "Events that some rule matched.",
      ["source"],
      each(({ matched }) => matched),
    ),
    counter(
      "events_undecodable_total",
      "Events that could not be decoded.",
      ["source"],
      each(({ undecodable }) => undecodable),
    ),
    counter(
      "requests_total",
      "Requests of clients that send events, by what became of them.",
      ["source", "outcome"],
      () =>
        counters().flatMap(({ source, requests = [] }) =>
          requests.map(({ outcome, count }) => [[source, outcome], count] as const),
        ),
    ),
    counter(
      "events_dropped_total",
      "Events that were lost, by cause and type.",
      ["source", "cause", "event"],
      () =>
        counters().flatMap(({ source, drops }) =>
          drops.map(({ cause, event, count }) => [[source, cause, event], count] as const),
        ),
    ),
    counter(
      "container_events_dropped_total",
      "Of the events that were lost, whose they were: a container's, or a host cgroup's.",
      ["container_id", "container_name", "k8s_ns_name", "k8s_pod_name", "cgroup", "cause", "event"],
      () => counters().flatMap(({ losses }) => [...ofOwners(losses)]),
    ),
    counter(
      "alerts_overflow_total",
      "Alerts lost between the thread of their source and outputs.",
      ["source"],
      each(({ overflow }) => overflow),
    ),
  ];
}

export function ofState({ counters }: MetricSources): Metric[] {
  return [
    gauge("state_entries", "Entries of what is remembered between events.", ["table"], () =>
      counters().flatMap(({ sizes }) =>
        Object.entries(sizes).map(([table, size]) => [[table], size] as const),
      ),
    ),
  ];
}
