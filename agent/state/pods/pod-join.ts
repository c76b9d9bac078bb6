/**
 * Joins what the API says about pods with the objects above them, and tells only what changed. Pure: objects in, inputs
 * for the capture thread out; the clock is handed in.
 */
import { isDeepStrictEqual } from "node:util";
import type { ByteString } from "../byte-string.ts";
import type { ObjectFacts, PodFacts } from "../pod-facts.ts";
import {
  readObject,
  readPod,
  readService,
  type LeftOut,
  type NamedObject,
  type OwnerKind,
  type PodObject,
  type ServiceObject,
} from "./objects.ts";
import { keyOf, Owners, type Owner, type OwnersOptions } from "./owners.ts";

/** What the capture thread is told. */
export type PodInput =
  { readonly kind: "pod"; readonly facts: PodFacts } | { readonly kind: "podGone"; readonly uid: ByteString };

/** Kinds that are watched. */
export type WatchedKind = "pods" | "namespaces" | "services";

/** The most objects of each that are kept; one more is left out and counted. */
const defaultBounds: Readonly<Record<WatchedKind, number>> = {
  pods: 4096,
  namespaces: 20_000,
  services: 20_000,
};

/** Services of one pod that are told, first by name. */
const mostServices = 64;

/**
 * How long a pod that left the API is still known, in milliseconds: its object can be deleted by force while its
 * containers run on, and its last events are still under way.
 */
export const defaultLinger = 60_000;

/** Pods that left and are still known; beyond it the oldest goes. */
const mostLingering = 4096;

export interface PodJoinOptions extends OwnersOptions {
  readonly bounds?: Readonly<Record<WatchedKind, number>>;
  readonly linger?: number;
}

export class PodJoin {
  readonly owners: Owners;
  readonly #bounds: Readonly<Record<WatchedKind, number>>;
  readonly #linger: number;
  readonly #pods = new Map<string, PodObject>();
  /** Pods by the uid that the node knows; more than one where somebody pretends to be a mirror pod. */
  readonly #claims = new Map<ByteString, Set<PodObject>>();
  readonly #podsByNamespace = new Map<ByteString, Set<PodObject>>();
  readonly #namespaces = new Map<string, NamedObject>();
  readonly #namespaceByName = new Map<ByteString, NamedObject>();
  readonly #services = new Map<string, ServiceObject>();
  readonly #servicesByNamespace = new Map<ByteString, Set<ServiceObject>>();
  readonly #settled = new Set<WatchedKind>();
  readonly #told = new Map<ByteString, PodFacts>();
  /** When pods left, ms, by the node's uid, oldest first. */
  readonly #gone = new Map<ByteString, number>();
  /** Uids (the node's) to look at again. */
  #dirty = new Set<ByteString>();
  /** Since owners were last looked through. */
  #podsLeft = false;
  readonly #leftOut = new Map<LeftOut, number>();

  constructor(options: PodJoinOptions) {
    this.#bounds = options.bounds ?? defaultBounds;
    this.#linger = options.linger ?? defaultLinger;
    this.owners = new Owners(options);
  }

  get sizes(): Readonly<Record<WatchedKind | "owners", number>> {
    return {
      pods: this.#pods.size,
      namespaces: this.#namespaces.size,
      services: this.#services.size,
      owners: this.owners.size,
    };
  }

  /** What bounds and malformed objects cost since the start. */
  get leftOut(): ReadonlyMap<LeftOut, number> {
    return this.#leftOut;
  }

  /** Takes an object; false where it is not kept. */
  put(kind: WatchedKind, uid: string, object: unknown): boolean {
    if (!this.#room(kind, uid)) return false;
    switch (kind) {
      case "pods":
        return this.#putPod(uid, readPod(object, this.#count));
      case "namespaces":
        return this.#putNamespace(uid, readObject(object, this.#count));
      case "services":
        return this.#putService(uid, readService(object, this.#count));
    }
  }

  remove(kind: WatchedKind, uid: string): void {
    switch (kind) {
      case "pods":
        return this.#removePod(uid);
      case "namespaces":
        return this.#removeNamespace(uid);
      case "services":
        return this.#removeService(uid);
    }
  }

  /** A kind was listed, or cannot be: pods need not wait for it any longer. */
  settle(kind: WatchedKind): void {
    if (this.#settled.has(kind)) return;
    this.#settled.add(kind);
    this.#dirtyAll();
  }

  /** What the API has under an owner's name. */
  ownerAnswered(owner: Owner, object: unknown, now: number): void {
    const found = object === undefined ? undefined : readObject(object, this.#count);
    if (this.owners.answered(owner, found, now)) this.#dirtyNamespace(owner.reference.namespace);
  }

  /** An owner could not be asked for; its kind is asked again after `wait` ms. */
  ownerFailed(owner: Owner, wait: number, now: number): void {
    if (this.owners.failed(owner, wait, now)) this.#dirtyAll();
  }

  /** Whether `flush` has something to do now. */
  pending(now: number): boolean {
    const [first] = this.#gone.values();
    return this.#dirty.size > 0 || (first !== undefined && now - first >= this.#linger);
  }

  /** What changed since the last time. */
  flush(now: number): PodInput[] {
    const inputs: PodInput[] = [];
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const uid of dirty) {
      const pod = this.#claimant(uid);
      if (pod === undefined) {
        if (this.#told.has(uid) && !this.#gone.has(uid)) this.#gone.set(uid, now);
        continue;
      }
      this.#gone.delete(uid);
      const facts = this.#facts(pod);
      if (facts === undefined || isDeepStrictEqual(facts, this.#told.get(uid))) continue;
      this.#told.set(uid, facts);
      inputs.push({ kind: "pod", facts });
    }
    for (const [uid, since] of this.#gone) {
      if (now - since < this.#linger && this.#gone.size <= mostLingering) break;
      this.#gone.delete(uid);
      this.#told.delete(uid);
      inputs.push({ kind: "podGone", uid });
    }
    this.#sweepOwners();
    return inputs;
  }

  readonly #count = (cause: LeftOut): void => {
    this.#leftOut.set(cause, (this.#leftOut.get(cause) ?? 0) + 1);
  };

  #room(kind: WatchedKind, uid: string): boolean {
    const table = { pods: this.#pods, namespaces: this.#namespaces, services: this.#services }[kind];
    if (table.has(uid) || table.size < this.#bounds[kind]) return true;
    this.#count(kind);
    return false;
  }

  #putPod(uid: string, pod: PodObject | undefined): boolean {
    this.#removePod(uid);
    if (pod === undefined) return false;
    this.#pods.set(uid, pod);
    addTo(this.#claims, pod.nodeUid, pod);
    addTo(this.#podsByNamespace, pod.namespace, pod);
    this.#dirty.add(pod.nodeUid);
    return true;
  }

  #removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    takeFrom(this.#claims, pod.nodeUid, pod);
    takeFrom(this.#podsByNamespace, pod.namespace, pod);
    this.#dirty.add(pod.nodeUid);
    this.#podsLeft = true;
  }

  #putNamespace(uid: string, namespace: NamedObject | undefined): boolean {
    this.#removeNamespace(uid);
    if (namespace === undefined) return false;
    this.#namespaces.set(uid, namespace);
    this.#namespaceByName.set(namespace.name, namespace);
    this.#dirtyNamespace(namespace.name);
    return true;
  }

  #removeNamespace(uid: string): void {
    const namespace = this.#namespaces.get(uid);
    if (namespace === undefined) return;
    this.#namespaces.delete(uid);
    // One that was made anew under the name stays.
    if (this.#namespaceByName.get(namespace.name) === namespace) this.#namespaceByName.delete(namespace.name);
    this.#dirtyNamespace(namespace.name);
  }

  #putService(uid: string, service: ServiceObject | undefined): boolean {
    this.#removeService(uid);
    if (service === undefined) return false;
    this.#services.set(uid, service);
    addTo(this.#servicesByNamespace, service.namespace, service);
    this.#dirtyNamespace(service.namespace);
    return true;
  }

  #removeService(uid: string): void {
    const service = this.#services.get(uid);
    if (service === undefined) return;
    this.#services.delete(uid);
    takeFrom(this.#servicesByNamespace, service.namespace, service);
    this.#dirtyNamespace(service.namespace);
  }

  #dirtyNamespace(namespace: ByteString): void {
    for (const pod of this.#podsByNamespace.get(namespace) ?? []) this.#dirty.add(pod.nodeUid);
  }

  #dirtyAll(): void {
    for (const uid of this.#claims.keys()) this.#dirty.add(uid);
  }

  /**
   * The pod that has a uid: the one whose own it is before those that claim it as mirror pods, and of these the oldest,
   * since anybody may write the annotation.
   */
  #claimant(uid: ByteString): PodObject | undefined {
    let best: PodObject | undefined;
    const before = (a: PodObject, b: PodObject) => {
      if ((a.uid === uid) !== (b.uid === uid)) return a.uid === uid;
      return a.created === b.created ? a.uid < b.uid : a.created < b.created;
    };
    for (const pod of this.#claims.get(uid) ?? []) if (best === undefined || before(pod, best)) best = pod;
    return best;
  }

  /** The pod's facts; undefined while something of them is still asked for the first time. */
  #facts(pod: PodObject): PodFacts | undefined {
    const owner = pod.owner && this.owners.find(pod.owner);
    const above = owner?.owner?.kind === "Deployment" ? this.owners.find(owner.owner) : undefined;
    if (owner?.settled === false || above?.settled === false) return undefined;
    if (!this.#settled.has("namespaces") || !this.#settled.has("services")) return undefined;
    const namespace = this.#namespaceByName.get(pod.namespace);
    const ownedBy = (kind: OwnerKind) => (owner?.reference.kind === kind ? owner.facts : undefined);
    return {
      uid: pod.nodeUid,
      name: pod.name,
      namespace: pod.namespace,
      labels: pod.labels,
      ip: pod.ip,
      node: pod.node,
      ns: namespace && factsOf(namespace),
      deployment: above?.facts,
      rs: ownedBy("ReplicaSet"),
      rc: ownedBy("ReplicationController"),
      svc: this.#servicesOf(pod),
      probes: pod.probes,
    };
  }

  #servicesOf({ namespace, labels }: PodObject): readonly ObjectFacts[] {
    const values = new Map(labels);
    const fitting: ServiceObject[] = [];
    for (const service of this.#servicesByNamespace.get(namespace) ?? [])
      if (
        service.selector.length > 0 &&
        service.selector.every(([name, value]) => values.get(name) === value)
      )
        fitting.push(service);
    fitting.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (fitting.length > mostServices) this.#count("pod services");
    return fitting.slice(0, mostServices).map(factsOf);
  }

  #sweepOwners(): void {
    if (!this.#podsLeft) return;
    this.#podsLeft = false;
    const inUse = new Set<string>();
    for (const { owner } of this.#pods.values()) {
      if (owner === undefined) continue;
      inUse.add(keyOf(owner));
      const above = this.owners.find(owner).owner;
      if (above !== undefined) inUse.add(keyOf(above));
    }
    this.owners.keep(inUse);
  }
}

const factsOf = ({ name, uid, labels }: NamedObject): ObjectFacts => ({ name, uid, labels });

function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function takeFrom<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
