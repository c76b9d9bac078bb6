/** Every metric of the agent. Names are `tiercel_…`; docs/metrics.md maps Falco's to them. */
import type { ReportStatus } from "../report/report.ts";
import type { Metric } from "../serve/metrics.ts";
import type { SinkCounters } from "../sinks/queue.ts";
import { priorityNames } from "../rules/plan.ts";
import type { RuntimesStatus } from "../state/runtimes/runtimes.ts";
import type { ContainerNumbers, Counters, RuleNumbers } from "./agent/counters.ts";
import { shortId, type Losses } from "./agent/loss-owner.ts";
import type { PodMetadataStatus } from "./agent/pod-metadata.ts";
import type { ClusterRulesStatus } from "./cluster/cluster-rules.ts";
import type { Absence } from "./cluster/life-signs.ts";
import type { Settings } from "./settings/schema.ts";

/** What metrics are read from, each as it is at that moment. */
export interface MetricSources {
  readonly version: string;
  readonly kernelRelease: string;
  readonly hostname: string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  /** Of each source. */
  readonly counters: () => readonly Counters[];
  readonly outputs: () => readonly SinkCounters[];
  /** The rule set in force: digest, number of rules, since when (ms since the epoch), loads that failed. */
  readonly rules: () => {
    readonly digest: string;
    readonly rules: number;
    readonly since: number;
    readonly failures: number;
  };
  /** Undefined where the Kubernetes API is not asked about pods. */
  readonly pods: () => PodMetadataStatus | undefined;
  /** Undefined where rules come from files. */
  readonly cluster: () => ClusterRulesStatus | undefined;
  /** Undefined where nothing is written into a cluster. */
  readonly report: () => ReportStatus | undefined;
  /** Undefined where no earlier agent of this node is known. */
  readonly absence: () => Absence | undefined;
  readonly runtimes: () => RuntimesStatus;
  /** Resources of this process. */
  readonly usage: () => { readonly cpuSeconds: number; readonly residentBytes: number };
}

type Read = Metric["read"];

function one(value: () => number): Read {
  return () => [[[], value()]];
}

function metric(
  type: Metric["type"],
  name: string,
  help: string,
  labels: readonly string[],
  read: Read,
): Metric {
  return { name: `tiercel_${name}`, help, type, labels, read };
}

const gauge = (name: string, help: string, labels: readonly string[], read: Read) =>
  metric("gauge", name, help, labels, read);
const counter = (name: string, help: string, labels: readonly string[], read: Read) =>
  metric("counter", name, help, labels, read);

/** The metrics that the settings switch on. */
export function agentMetrics(settings: Settings["metrics"], sources: MetricSources): Metric[] {
  return [
    ...about(sources),
    ...ofCluster(sources),
    ...ofReport(sources),
    ...ofOutputs(sources),
    ...(settings.rules_counters_enabled ? ofRules(sources, settings.include_empty_values) : []),
    ...(settings.kernel_event_counters_enabled ? ofEvents(sources) : []),
    ...(settings.state_counters_enabled
      ? [...ofState(sources), ...ofContainers(sources), ...ofPods(sources), ...ofRuntimes(sources)]
      : []),
    ...(settings.resource_utilization_enabled ? ofResources(sources) : []),
  ];
}

function about({ version, kernelRelease, hostname, startTime, absence, rules }: MetricSources): Metric[] {
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

/** Where the rule set comes from, in a cluster. */
function ofCluster({ cluster }: MetricSources): Metric[] {
  const each =
    (value: (status: ClusterRulesStatus) => number): Read =>
    () => {
      const status = cluster();
      return status === undefined ? [] : [[[], value(status)]];
    };
  return [
    gauge(
      "cluster_rules_connected",
      "1 while the index of the cluster's rules is watched.",
      [],
      each(({ connected }) => Number(connected)),
    ),
    gauge(
      "cluster_rules_whole",
      "1 where the set that the index asks for is there.",
      [],
      each(({ problem, wanted }) => Number(problem === undefined && wanted !== "")),
    ),
    gauge("cluster_rules_wanted_info", "Digest of the rule set that the index asks for.", ["digest"], () => {
      const status = cluster();
      return status === undefined ? [] : [[[status.wanted], 1]];
    }),
    gauge(
      "cluster_rules_synced_timestamp_seconds",
      "When the index was last listed, since the epoch; 0 for never.",
      [],
      each(({ lastSync }) => (lastSync ?? 0) / 1000),
    ),
    counter(
      "cluster_rules_faults_total",
      "Questions about the cluster's rules that failed, by kind; set: what came was no whole set.",
      ["kind"],
      () => [...(cluster()?.faults ?? [])].map(([kind, count]) => [[kind], count] as const),
    ),
    counter(
      "cluster_rules_shards_read_total",
      "Parts of rule sets that were asked for.",
      [],
      each(({ reads }) => reads),
    ),
    counter(
      "cluster_rules_store_failures_total",
      "Rule sets that could not be kept on the disk.",
      [],
      each(({ storeFailures }) => storeFailures),
    ),
  ];
}

/** What is written into the cluster: matched + restored = written + waiting + held back, for each kind. */
function ofReport({ report }: MetricSources): Metric[] {
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
  ];
}

function ofOutputs({ outputs }: MetricSources): Metric[] {
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

function ofRules({ counters }: MetricSources, empty: boolean): Metric[] {
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

function* ofOwners({ owners, others }: Losses): Iterable<readonly [readonly string[], number]> {
  for (const { container, name, namespace, pod, cgroup, drops } of owners)
    for (const { cause, event, count } of drops)
      yield [[shortId(container), name, namespace, pod, cgroup, cause, event], count];
  if (others > 0) yield [new Array<string>(7).fill("(others)"), others];
}

function ofEvents({ counters }: MetricSources): Metric[] {
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

function ofState({ counters }: MetricSources): Metric[] {
  return [
    gauge("state_entries", "Entries of what is remembered between events.", ["table"], () =>
      counters().flatMap(({ sizes }) =>
        Object.entries(sizes).map(([table, size]) => [[table], size] as const),
      ),
    ),
  ];
}

function ofPods({ pods }: MetricSources): Metric[] {
  const kinds = () => [...(pods()?.kinds ?? [])];
  return [
    gauge(
      "kubernetes_connected",
      "1 where the API gives this kind of object, 0 where it does not.",
      ["kind"],
      () => kinds().map(([kind, { connected }]) => [[kind], connected ? 1 : 0] as const),
    ),
    gauge(
      "kubernetes_last_sync_timestamp_seconds",
      "When objects of this kind were last given whole by the API, since the epoch; 0 for never.",
      ["kind"],
      () => kinds().map(([kind, { lastSync }]) => [[kind], (lastSync ?? 0) / 1000] as const),
    ),
    counter("kubernetes_faults_total", "Questions to the API that failed, by cause.", ["kind", "cause"], () =>
      kinds().flatMap(([kind, { faults }]) =>
        [...faults].map(([cause, count]) => [[kind, cause], count] as const),
      ),
    ),
    gauge("kubernetes_objects", "Objects of the API that are kept.", ["kind"], () =>
      Object.entries(pods()?.objects ?? {}).map(([kind, count]) => [[kind], count] as const),
    ),
    counter(
      "kubernetes_left_out_total",
      "Objects, or parts of them, that a bound left out or that were malformed.",
      ["what"],
      () => [...(pods()?.leftOut ?? [])].map(([what, count]) => [[what], count] as const),
    ),
  ];
}

/** What each fault of a runtime is called in labels. */
const outcomes = {
  answered: "answered",
  unknown: "unknown",
  timeout: "timeout",
  unreachable: "unreachable",
  answer: "invalid",
  size: "too_large",
} as const;

function ofRuntimes({ runtimes: status }: MetricSources): Metric[] {
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
function ofContainers({ counters }: MetricSources): Metric[] {
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

function ofResources({ usage }: MetricSources): Metric[] {
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
