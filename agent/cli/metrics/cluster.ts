/** What the agent takes from its cluster. */
import type { Metric } from "../../serve/metrics.ts";
import type { ClusterRulesStatus } from "../cluster/cluster-rules.ts";
import { counter, gauge, type Read } from "./metric.ts";
import type { MetricSources } from "./sources.ts";

/** Where the rule set comes from, in a cluster. */
export function ofCluster({ cluster }: MetricSources): Metric[] {
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

export function ofPods({ pods }: MetricSources): Metric[] {
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
