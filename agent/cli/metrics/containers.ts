/** Containers and their runtimes. */
import type { Metric } from "../../serve/metrics.ts";
import type { ContainerNumbers } from "../agent/counters.ts";
import { counter, gauge, one, type Read } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

/** What each fault of a runtime is called in labels. */
const outcomes = {
  answered: "answered",
  unknown: "unknown",
  timeout: "timeout",
  unreachable: "unreachable",
  answer: "invalid",
  size: "too_large",
} as const;

export function ofRuntimes({ runtimes: status }: MetricSources): Metric[] {
  return [
    gauge(
      "container_runtime_up",
      "1 where a container runtime can be asked, 0 where it cannot.",
      ["socket", "runtime", "version"],
      () =>
        status().runtimes.map(({ path, type, version, up }) => [[path, type, version], Number(up)] as const),
    ),
    counter(
      "container_runtime_questions_total",
      "Questions to a container runtime: answered, unknown (no such container), timeout, unreachable, invalid, too_large.",
      ["socket", "outcome"],
      () =>
        status().runtimes.flatMap((runtime) =>
          (Object.keys(outcomes) as (keyof typeof outcomes)[]).map(
            (outcome) => [[runtime.path, outcomes[outcome]], runtime[outcome]] as const,
          ),
        ),
    ),
    counter(
      "container_runtime_connections_total",
      "Connections made to a container runtime.",
      ["socket"],
      () => status().runtimes.map(({ path, connected }) => [[path], connected] as const),
    ),
    counter(
      "containers_total",
      "Containers by what came of asking who they are: identified, unknown to all runtimes, dropped (not asked for want of room), gone.",
      ["outcome"],
      () => {
        const { identified, unknown, dropped, gone } = status();
        return Object.entries({ identified, unknown, dropped, gone }).map(
          ([outcome, count]) => [[outcome], count] as const,
        );
      },
    ),
    gauge(
      "container_questions",
      "Containers that are being asked for, or will be again.",
      [],
      one(() => status().questions),
    ),
  ];
}

/** What capture knows of containers. */
export function ofContainers({ counters }: MetricSources): Metric[] {
  const numbers = () => counters().flatMap(({ containers }) => containers ?? []);
  const each =
    (value: (numbers: ContainerNumbers) => Readonly<Record<string, number>>): Read =>
    () =>
      numbers().flatMap((all) => Object.entries(value(all)).map(([key, count]) => [[key], count] as const));
  const sum = (value: (numbers: ContainerNumbers) => number) =>
    one(() => numbers().reduce((total, all) => total + value(all), 0));
  return [
    gauge(
      "containers",
      "Containers kept: known by a runtime, unknown to all, or waiting for an answer.",
      ["state"],
      each(({ known, unknown, waiting }) => ({ known, unknown, waiting })),
    ),
    gauge(
      "container_facts_bytes",
      "Memory of what runtimes and the Kubernetes API said of containers and pods.",
      [],
      sum(({ bytes }) => bytes),
    ),
    counter(
      "container_facts_evicted_total",
      "Containers and pods whose facts were forgotten for want of room.",
      ["kind"],
      each(({ evicted, podsEvicted }) => ({ container: evicted, pod: podsEvicted })),
    ),
    gauge(
      "container_events_waiting",
      "Events that wait until it is known who their container is.",
      [],
      sum(({ eventsWaiting }) => eventsWaiting),
    ),
    counter(
      "container_events_waited_total",
      "Events that waited for it.",
      [],
      sum(({ eventsHeld }) => eventsHeld),
    ),
    counter(
      "container_waits_unanswered_total",
      "Containers whose events were tried without it: no answer in time, or too many events.",
      ["cause"],
      each(({ timeouts, overflows }) => ({ timeout: timeouts, overflow: overflows })),
    ),
  ];
}
