/** What metrics are read from. */
import type { ReportStatus } from "../../report/report.ts";
import type { SinkCounters } from "../../sinks/queue.ts";
import type { RuntimesStatus } from "../../state/runtimes/runtimes.ts";
import type { Counters } from "../agent/counters.ts";
import type { PodMetadataStatus } from "../agent/pod-metadata.ts";
import type { ClusterRulesStatus } from "../cluster/cluster-rules.ts";
import type { Absence } from "../cluster/life-signs.ts";

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
  /** Undefined where no earlier agent is known here. */
  readonly absence: () => Absence | undefined;
  readonly runtimes: () => RuntimesStatus;
  /** Resources of this process. */
  readonly usage: () => { readonly cpuSeconds: number; readonly residentBytes: number };
}
