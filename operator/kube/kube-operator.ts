/**
 * The base of our operator: @dot-i/k8s-operator's, with its watching, its requests and its end replaced. As it comes it ends
 * the process on a failed watch, forgets deletions that happened meanwhile, drops events whose handler throws, and takes a
 * conflict for a success (docs/decisions/0012).
 */
import dotI, { type OperatorLogger, type ResourceEvent, type ResourceMeta } from "@dot-i/k8s-operator";
import { KubeClient, type ApiTimes } from "../../agent/kube/client.ts";
import type { Clock } from "../../agent/kube/clock.ts";
import { clusterAccess, credentialsOf, loadConfig } from "./cluster-access.ts";
import { ClusterClient } from "./cluster-client.ts";
import type { Controller } from "./controller.ts";
import { ControllerRun } from "./run-controllers.ts";
import { eventsOf } from "./resource-events.ts";
import { Informers, type InformerStatus } from "./informers.ts";
import { LeadingRun } from "./leading-run.ts";
import { alone, LeaseLeadership, type Leadership } from "./leadership.ts";
import type { ElectionTimes } from "./elector.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { pathOf, resourceNamed, resourceOf } from "./resources.ts";
import { WorkQueue } from "./work-queue.ts";

export interface KubeOperatorOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Left out: the usual ones. */
  readonly times?: ApiTimes;
  /** Undefined: this operator is alone. */
  readonly election:
    | {
        readonly namespace: string;
        readonly name: string;
        readonly identity: string;
        readonly times: ElectionTimes;
      }
    | undefined;
}

const loggerOf = (log: Log): OperatorLogger => ({
  debug: (message) => log("debug", message),
  info: (message) => log("info", message),
  warn: (message) => log("warning", message),
  error: (message) => log("error", message),
});

export abstract class KubeOperator extends dotI.default {
  protected readonly options: KubeOperatorOptions;
  protected readonly client: KubeClient;
  /** Writes only while this operator may act. */
  protected readonly cluster: ClusterClient;
  protected readonly informers: Informers;
  readonly #leadership: Leadership;
  readonly #controllers: ControllerRun[] = [];
  readonly #eventQueues: WorkQueue[] = [];
  #run: LeadingRun | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws AccessError where there is no cluster to be found */
  constructor(options: KubeOperatorOptions) {
    const { environment, clock, random, log, metrics, election, userAgent } = options;
    // Says clearly what is wrong with a configuration that the base class is about to load.
    const config = loadConfig(environment);
    super(loggerOf(log));
    refuseTyped(this);
    this.options = options;
    this.kubeConfig = config;
    const access = clusterAccess(config, environment);
    const credentials = credentialsOf(
      config,
      () => (this.kubeConfig = loadConfig(environment)),
      () => clock.now(),
    );
    const answered = metrics.counter(
      "rest_client_requests_total",
      "Answers of the API server; code 0: none came",
      ["code", "method", "host"],
    );
    this.client = new KubeClient({
      access,
      clock,
      userAgent,
      credentials,
      ...(options.times !== undefined && { times: options.times }),
      onAnswer: (method, status) => answered.add([String(status), method, access.server.host]),
    });
    this.#leadership =
      election === undefined
        ? alone()
        : new LeaseLeadership({
            ...election,
            access,
            material: () => credentials.material(),
            userAgent,
            clock,
            log,
          });
    this.cluster = new ClusterClient(this.client, () => this.#leadership.leads());
    this.informers = new Informers({ client: this.client, clock, random, log });
  }

  /** Whether this operator acts now. */
  get leads(): boolean {
    return this.#leadership.leads();
  }

  /** Whether it knows what there is. */
  get synced(): boolean {
    return this.informers.synced;
  }

  /** What else is missing until it can serve, in words; undefined: nothing. */
  get lacks(): string | undefined {
    return undefined;
  }

  /** How each informer stands. */
  get informerStatus(): readonly InformerStatus[] {
    return this.informers.status;
  }

  /** Name of the Lease; undefined where this operator is alone. */
  get election(): string | undefined {
    return this.options.election?.name;
  }

  /** To be called in `init`. */
  protected add(controller: Controller): void {
    this.#controllers.push(new ControllerRun(controller, this.options));
  }

  /** Begins; resolves as soon as all is under way, whether the API server answers or not. */
  override async start(): Promise<void> {
    await super.start();
    const run = new LeadingRun(this.#controllers, this.options.log);
    this.#run = run;
    this.informers.start();
    for (const queue of this.#eventQueues) queue.start();
    void this.informers.whenSynced().then(() => run.synced());
    await this.#leadership.start((leads) => run.leads(leads));
  }

  /** Ends in order: controllers, then the Lease is given back, then connections are closed. Never ends the process. */
  override stop(): void {
    void this.end();
  }

  /** The same, resolving when it is done: within a second or two. */
  end(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    const { clock } = this.options;
    // Work that does not listen to its signal must not keep the process: what it still asks for is cut below.
    await within(clock, 500, this.#run?.stop() ?? Promise.resolve());
    await this.#leadership.stop();
    this.client.close();
    await within(clock, 200, this.informers.stop(), ...this.#eventQueues.map((queue) => queue.stop()));
  }

  /**
   * Told of each object as it is now, again and again until the handler does not reject; a deletion is never missed. Handlers
   * are told whether or not this operator leads.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const { clock, random, log } = this.options;
    const resource = resourceNamed(group, version, plural);
    const informer = this.informers.open({
      resource,
      project: (object) => object,
      ...(namespace !== undefined && { namespace }),
    });
    const events = eventsOf(informer, plural, onEvent);
    const queue = new WorkQueue({
      work: events.work,
      clock,
      random,
      everything: events.keys,
      observer: {
        added() {},
        taken() {},
        retried() {},
        overflowed() {},
        done(key, _, outcome) {
          if (outcome.kind === "error")
            log(
              "warning",
              `${plural} ${key}: ${String(outcome.error)}; tried again`,
              `event ${plural} ${key}`,
            );
        },
      },
    });
    informer.onChange(({ key }) => queue.add(key));
    this.#eventQueues.push(queue);
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const path = pathOf(resourceNamed(group, version, plural), { namespace });
    return `${this.kubeConfig.getCurrentCluster()?.server ?? ""}${path}`;
  }

  /** Rejects with what the API said; a conflict where the object is not of the event's version any more. */
  protected override setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.patchResourceStatus(meta, status);
  }

  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const { name, namespace, resourceVersion } = meta;
    const ref = { resource: resourceOf(meta), namespace, name, subresource: "status" } as const;
    const { metadata } = await this.cluster.patch(ref, { metadata: { resourceVersion }, status });
    return { ...meta, resourceVersion: metadata.resourceVersion ?? "" };
  }

  /** The chart installs the definitions: an operator would need rights on the whole cluster for that. */
  protected override async registerCustomResourceDefinition(): Promise<never> {
    throw new Error("definitions of kinds are installed by the chart, not by the operator");
  }

  /** A finalizer would keep objects, and namespaces, from going once the operator is gone. */
  protected override async setResourceFinalizers(): Promise<never> {
    throw new Error("the operator sets no finalizers");
  }
}

/**
 * The base class's typed client has a connection of its own, and would bring a thousand files of types into memory: the bundle
 * has none of it (scripts/bundle.ts).
 */
function refuseTyped(operator: KubeOperator): void {
  Object.defineProperty(operator, "k8sApi", {
    get(): never {
      throw new Error("requests go through this.client, not through k8sApi");
    },
  });
}

/** Waits for all of these, at most that many milliseconds. */
async function within(clock: Clock, milliseconds: number, ...all: Promise<void>[]): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => (cancel = clock.after(milliseconds, resolve)));
  await Promise.race([late, Promise.all(all)]);
  cancel();
}
