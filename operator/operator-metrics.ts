/** What the operator measures about itself. */
import type { KubeOperator } from "./kube/kube-operator.ts";
import type { Metrics } from "./kube/metrics.ts";

/** CPU and memory under the names that every exporter has. */
export function operatorMetrics(metrics: Metrics, operator: KubeOperator): void {
  const started = Date.now() / 1000;
  metrics.read("process_cpu_seconds_total", "CPU time of the operator", "counter", [], () => {
    const { user, system } = process.cpuUsage();
    return [[[], (user + system) / 1e6]];
  });
  metrics.read("process_resident_memory_bytes", "Resident memory of the operator", "gauge", [], () => [
    [[], process.memoryUsage.rss()],
  ]);
  metrics.read("process_start_time_seconds", "When the operator began", "gauge", [], () => [[[], started]]);
  metrics.read("leader_election_master_status", "1 where this operator acts", "gauge", ["name"], () =>
    operator.election === undefined ? [] : [[[operator.election], operator.leads ? 1 : 0]],
  );
  const informers = () => operator.informerStatus;
  metrics.read(
    "tiercel_operator_informer_synced",
    "1 where all objects of a kind were listed",
    "gauge",
    ["informer"],
    () => informers().map(({ name, synced }) => [[name], synced ? 1 : 0]),
  );
  metrics.read("tiercel_operator_informer_objects", "Objects that are held", "gauge", ["informer"], () =>
    informers().map(({ name, objects }) => [[name], objects]),
  );
  metrics.read(
    "tiercel_operator_informer_left_out_total",
    "Objects that are not held since there were too many, or since they were too long",
    "counter",
    ["informer"],
    () => informers().map(({ name, tooMany, tooLong }) => [[name], tooMany + tooLong]),
  );
  metrics.read(
    "tiercel_operator_informer_lists_total",
    "Lists that were asked for",
    "counter",
    ["informer"],
    () => informers().map(({ name, lists }) => [[name], lists]),
  );
  metrics.read("tiercel_operator_informer_events_total", "Changes that came", "counter", ["informer"], () =>
    informers().map(({ name, events }) => [[name], events]),
  );
  metrics.read(
    "tiercel_operator_informer_faults_total",
    "Lists and watches that failed, by kind of fault",
    "counter",
    ["informer", "kind"],
    () =>
      informers().flatMap(({ name, faults }) =>
        [...faults].map(([kind, count]) => [[name, kind], count] as const),
      ),
  );
}
