/** Runs one controller against a cluster, as the operator does, and counts what it writes. */
import type { ApiRequest, KubeClient } from "../../../agent/kube/client.ts";
import { ClusterClient } from "../../../operator/kube/cluster-client.ts";
import type { Context } from "../../../operator/kube/context.ts";
import type { Controller } from "../../../operator/kube/controller.ts";
import { Informers } from "../../../operator/kube/informers.ts";
import { Metrics } from "../../../operator/kube/metrics.ts";
import { WorkQueue } from "../../../operator/kube/work-queue.ts";
import { realClock } from "../../agent/kube/clock.ts";

export class RunningController {
  /** `METHOD PATH` of each request that is no read. */
  readonly writes: string[] = [];
  readonly said: string[] = [];
  readonly #informers: Informers;
  readonly #queue: WorkQueue;
  readonly #controller: Controller;
  #ends: (() => void)[] = [];

  constructor(client: KubeClient, make: (context: Context) => Controller, namespace = "tiercel-system") {
    const counting = Object.create(client) as KubeClient;
    const ask = (request: ApiRequest, signal?: AbortSignal) => {
      if ((request.method ?? "GET") !== "GET") this.writes.push(`${request.method} ${request.path}`);
      return client.ask(request, signal);
    };
    Object.assign(counting, { ask });
    const log = (level: string, message: string) => this.said.push(`${level}: ${message}`);
    const common = { clock: realClock, random: Math.random, log };
    this.#informers = new Informers({ ...common, client });
    this.#controller = make({
      ...common,
      client: new ClusterClient(counting),
      informers: this.#informers,
      metrics: new Metrics(),
      namespace,
      name: "tiercel",
      owner: () => undefined,
    });
    this.#queue = new WorkQueue({
      ...common,
      work: (key, signal) => this.#controller.reconcile(key, signal),
      observer: {
        added() {},
        taken() {},
        retried() {},
        overflowed() {},
        done: (key, _, outcome) => {
          if (outcome.kind === "error") log("error", `${key}: ${String(outcome.error)}`);
        },
      },
    });
  }

  async start(): Promise<this> {
    this.#informers.start();
    await this.#informers.whenSynced();
    const { watches, keys = [] } = this.#controller;
    this.#ends = watches.map(({ follow }) => follow((key) => this.#queue.add(key)));
    for (const key of [...keys, ...watches.flatMap(({ everything }) => [...everything()])])
      this.#queue.add(key);
    this.#queue.start();
    return this;
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) end();
    await this.#queue.stop();
    await this.#informers.stop();
  }
}
