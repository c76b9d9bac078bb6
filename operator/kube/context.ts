/** What every controller is handed. */
import type { Clock } from "../../agent/kube/clock.ts";
import type { ClusterClient } from "./cluster-client.ts";
import type { Informers } from "./informers.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { OwnerReference } from "../api/object-meta.ts";

export interface Context {
  readonly client: ClusterClient;
  readonly informers: Informers;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The operator's namespace. */
  readonly namespace: string;
  /** F, the chart's full name: names of what we make begin with it. */
  readonly name: string;
  /**
   * The operator's Deployment, which owns all that we make, so that an uninstall takes it. Known before the first reconcile;
   * undefined where the operator does not run as a Deployment.
   */
  readonly owner: () => OwnerReference | undefined;
}
