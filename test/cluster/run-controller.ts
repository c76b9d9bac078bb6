/** Controllers of the operator on a cluster of a test, with its writes counted. */
import type { Clock } from "../../agent/kube/clock.ts";
import { Informers } from "../../operator/kube/informers.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { Context } from "../../operator/kube/context.ts";
import type { Controller } from "../../operator/kube/controller.ts";
import { Metrics } from "../../operator/kube/metrics.ts";
import type { OwnerReference } from "../../operator/api/object-meta.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { ControllerRun } from "../../operator/kube/run-controllers.ts";
import { realClock } from "../agent/kube/clock.ts";
import type { Cluster, Who } from "./cluster.ts";

/** Counts what is written. */
class CountingClient extends ClusterClient {
  readonly writes: string[] = [];

  override apply<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    this.writes.push(`apply ${object.kind} ${object.metadata.name}`);
    return super.apply(object, signal);
  }

  override applyStatus<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    this.writes.push(`status ${object.kind} ${object.metadata.name}`);
    return super.applyStatus(object, signal);
  }

  override create<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    this.writes.push(`create ${object.kind} ${object.metadata.name}`);
    return super.create(object, signal);
  }

  override delete(...args: Parameters<ClusterClient["delete"]>): Promise<boolean> {
    this.writes.push(`delete ${args[0].resource.kind} ${args[0].name}`);
    return super.delete(...args);
  }
}

export interface RunningController {
  /** What was written since last asked. */
  readonly writes: () => string[];
  readonly log: readonly string[];
  /** What the controllers write by; what is written by it here counts too. */
  readonly client: ClusterClient;
  stop(): Promise<void>;
}

export interface Place {
  readonly cluster: Cluster;
  readonly who?: Who;
  readonly namespace: string;
  readonly owner?: OwnerReference;
  /** The controllers' clock, by which they wait; the machine's where it is left out. */
  readonly clock?: Clock;
}

export async function runController(
  { cluster, who = "admin", namespace, owner, clock = realClock }: Place,
  make: (context: Context) => Controller | readonly Controller[],
): Promise<RunningController> {
  const kube = cluster.as(who);
  const client = new CountingClient(kube);
  const lines: string[] = [];
  const log = (level: string, message: string) => void lines.push(`${level}: ${message}`);
  const parts = { clock, random: Math.random, log, metrics: new Metrics() };
  const informers = new Informers({ client: kube, ...parts, clock: realClock });
  const made = make({ client, informers, ...parts, namespace, name: "tiercel", owner: () => owner });
  const runs = [made].flat().map((controller) => new ControllerRun(controller, parts));
  informers.start();
  await informers.whenSynced();
  for (const run of runs) run.start();
  return {
    writes: () => client.writes.splice(0),
    log: lines,
    client,
    stop: async () => {
      await Promise.all(runs.map((run) => run.stop()));
      await informers.stop();
    },
  };
}
