/** Keeps the capture thread told of this node's pods and what stands above them, as the Kubernetes API has them. */
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import { asFault, type ApiFault, type FaultKind } from "../../kube/fault.ts";
import { defaultRetry, retryDelay, type RetryPolicy } from "../../kube/retry.ts";
import { metadataOf, Watcher, type WatcherStatus } from "../../kube/watcher.ts";
import type { LeftOut, OwnerKind } from "../../state/pods/objects.ts";
import type { Owner } from "../../state/pods/owners.ts";
import { PodJoin, type PodInput, type PodJoinOptions, type WatchedKind } from "../../state/pods/pod-join.ts";
import type { Log } from "../log.ts";

export interface PodMetadataOptions {
  readonly client: KubeClient;
  /** Name of the node whose pods are asked for. */
  readonly node: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly tell: (input: PodInput) => void;
  readonly retry?: RetryPolicy;
  readonly join?: Pick<PodJoinOptions, "bounds" | "linger" | "refresh">;
  readonly looking?: number;
}

/** What is asked of the API: kinds that are watched and kinds that are asked for by name. */
export type AskedKind = WatchedKind | "replicasets" | "deployments" | "replicationcontrollers";

/** How it stands with one kind. */
export type KindStatus = Pick<WatcherStatus, "connected" | "lastSync" | "fault" | "faults">;

/** For health, metrics, doctor and the node's status. */
export interface PodMetadataStatus {
  readonly node: string;
  /** The pods of this node are watched. */
  readonly connected: boolean;
  /** When they were last listed whole: ms since the epoch; undefined for never. */
  readonly lastSync: number | undefined;
  readonly objects: Readonly<Record<WatchedKind | "owners", number>>;
  readonly kinds: ReadonlyMap<AskedKind, KindStatus>;
  readonly leftOut: ReadonlyMap<LeftOut | "too long", number>;
}

/** Objects a page. Only servers that answer a list from their storage heed it. */
const pageLimit = 500;

/** Owners asked for at a time. */
const mostQuestions = 4;

/** Milliseconds in which changes gather before they are told. */
const gathering = 50;

/** Milliseconds between looks at what is due: owners to ask for again, pods that left. */
const defaultLooking = 1000;

const watched: Readonly<Record<WatchedKind, { readonly path: string; readonly metadataOnly: boolean }>> = {
  pods: { path: "/api/v1/pods", metadataOnly: false },
  namespaces: { path: "/api/v1/namespaces", metadataOnly: true },
  services: { path: "/api/v1/services", metadataOnly: false },
};

const ownerKinds: Readonly<Record<OwnerKind, { readonly group: string; readonly resource: AskedKind }>> = {
  ReplicaSet: { group: "/apis/apps/v1", resource: "replicasets" },
  Deployment: { group: "/apis/apps/v1", resource: "deployments" },
  ReplicationController: { group: "/api/v1", resource: "replicationcontrollers" },
};

interface OwnerTrouble {
  tries: number;
  lastAnswer: number | undefined;
  fault: ApiFault | undefined;
  readonly faults: Map<FaultKind, number>;
}

export class PodMetadata {
  readonly #options: PodMetadataOptions;
  readonly #join: PodJoin;
  readonly #watchers: ReadonlyMap<WatchedKind, Watcher>;
  readonly #owners = new Map<AskedKind, OwnerTrouble>();
  /** Kinds whose trouble was said, and which. */
  readonly #said = new Map<AskedKind, FaultKind>();
  readonly #end = new AbortController();
  #asking = 0;
  #gathering = false;
  /** How long the last telling took, ms. */
  #cost = 0;
  #cancel: () => void = () => {};

  constructor(options: PodMetadataOptions) {
    this.#options = options;
    this.#join = new PodJoin({ ...options.join, random: options.random });
    const kinds = Object.keys(watched) as WatchedKind[];
    this.#watchers = new Map(kinds.map((kind) => [kind, this.#watcher(kind)]));
  }

  start(): void {
    for (const watcher of this.#watchers.values()) watcher.start();
    this.#look();
  }

  /** Resolves when nothing more will be told. The client is its maker's to close. */
  async stop(): Promise<void> {
    this.#end.abort();
    this.#cancel();
    await Promise.all([...this.#watchers.values()].map((watcher) => watcher.stop()));
  }

  get status(): PodMetadataStatus {
    const statuses = [...this.#watchers].map(([kind, watcher]) => [kind, watcher.status] as const);
    const pods = this.#watchers.get("pods")!.status;
    const owners = [...this.#owners].map(
      ([kind, { fault, faults, lastAnswer }]) =>
        [
          kind,
          { connected: fault === undefined, lastSync: lastAnswer, fault: fault?.message, faults },
        ] as const,
    );
    const tooLong = statuses.reduce((sum, [, status]) => sum + status.tooLong, 0);
    return {
      node: this.#options.node,
      connected: pods.connected,
      lastSync: pods.lastSync,
      objects: this.#join.sizes,
      kinds: new Map<AskedKind, KindStatus>([...statuses, ...owners]),
      leftOut: new Map<LeftOut | "too long", number>([...this.#join.leftOut, ["too long", tooLong]]),
    };
  }

  #watcher(kind: WatchedKind): Watcher {
    const { client, clock, random, retry = defaultRetry, node } = this.#options;
    const { path, metadataOnly } = watched[kind];
    return new Watcher({
      client,
      clock,
      random,
      retry,
      limit: pageLimit,
      path,
      metadataOnly,
      ...(kind === "pods" && { query: { fieldSelector: `spec.nodeName=${node}` } }),
      target: {
        put: (uid, object) => {
          this.#changed();
          return this.#join.put(kind, uid, object);
        },
        remove: (uid) => {
          this.#changed();
          this.#join.remove(kind, uid);
        },
        listed: () => {
          this.#join.settle(kind);
          this.#changed();
        },
      },
      onOpened: () => this.#well(kind),
      onFault: (fault) => {
        this.#trouble(kind, fault);
        this.#join.settle(kind);
        this.#changed();
      },
    });
  }

  /** Tells what changed, soon. Telling may take a tenth of the time at most, whatever is done to the cluster's objects. */
  #changed(): void {
    if (this.#gathering || this.#end.signal.aborted) return;
    this.#gathering = true;
    this.#options.clock.after(Math.max(gathering, 10 * this.#cost), () => {
      this.#gathering = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (this.#end.signal.aborted) return;
    const { clock, tell } = this.#options;
    const began = clock.now();
    for (const input of this.#join.flush(began)) tell(input);
    this.#cost = clock.now() - began;
    this.#askOwners();
  }

  #look(): void {
    if (this.#end.signal.aborted) return;
    if (this.#join.pending(this.#options.clock.now())) this.#changed();
    this.#askOwners();
    this.#cancel = this.#options.clock.after(this.#options.looking ?? defaultLooking, () => this.#look());
  }

  #askOwners(): void {
    while (this.#asking < mostQuestions && !this.#end.signal.aborted) {
      const owner = this.#join.owners.next(this.#options.clock.now());
      if (owner === undefined) return;
      this.#asking++;
      void this.#askOwner(owner).finally(() => {
        this.#asking--;
        this.#changed();
        this.#askOwners();
      });
    }
  }

  async #askOwner(owner: Owner): Promise<void> {
    const { clock, random, retry = defaultRetry } = this.#options;
    const { resource } = ownerKinds[owner.reference.kind];
    const state = this.#owners.get(resource) ?? {
      tries: 0,
      lastAnswer: undefined,
      fault: undefined,
      faults: new Map<FaultKind, number>(),
    };
    this.#owners.set(resource, state);
    try {
      const object = await this.#find(owner);
      this.#join.ownerAnswered(owner, object, clock.now());
      state.tries = 0;
      state.fault = undefined;
      state.lastAnswer = clock.now();
      this.#well(resource);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const fault = asFault(error);
      state.tries++;
      state.fault = fault;
      state.faults.set(fault.kind, (state.faults.get(fault.kind) ?? 0) + 1);
      this.#trouble(resource, fault);
      this.#join.ownerFailed(owner, retryDelay(fault, state.tries, retry, random), clock.now());
    }
  }

  /**
   * The object of an owner's name: a list of one, since the agent may list but not get. The server's cache answers, but
   * where it did not know the object its storage is asked.
   */
  async #find({ reference, missing }: Owner): Promise<unknown> {
    const { group, resource } = ownerKinds[reference.kind];
    let found: unknown;
    const take = (object: unknown) => void (found ??= object);
    await this.#options.client.list(
      {
        path: `${group}/namespaces/${reference.namespace}/${resource}`,
        query: {
          fieldSelector: `metadata.name=${reference.name}`,
          ...(missing === 0 && { resourceVersion: "0" }),
        },
        accept: metadataOf("PartialObjectMetadataList"),
      },
      { take, leftOut: () => {} },
      this.#end.signal,
    );
    return found;
  }

  #trouble(kind: AskedKind, fault: ApiFault): void {
    if (this.#said.get(kind) === fault.kind) return;
    this.#said.set(kind, fault.kind);
    const consequence =
      fault.kind === "forbidden"
        ? "fields that need them stay missing; the agent's ClusterRole should allow list and watch on them"
        : "what is known of them stays";
    this.#options.log(
      "warning",
      `the Kubernetes API does not give ${kind} (${fault.message}): ${consequence}`,
      `kubernetes ${kind} ${fault.kind}`,
    );
  }

  #well(kind: AskedKind): void {
    if (!this.#said.delete(kind)) return;
    this.#options.log("info", `the Kubernetes API gives ${kind} again`, `kubernetes ${kind} again`);
  }
}
