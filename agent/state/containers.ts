/**
 * The containers of the node, one object for each, and what is known of them: the cgroup tells that there is one, the
 * runtime who it is, the Kubernetes API what pod it belongs to. Each of these may come first. Bounded in number and bytes.
 */
import type { ContainerFacts, Labels, PodSandbox } from "./container-facts.ts";
import { hostContainer } from "./container-id.ts";
import type { ObjectFacts, PodFacts } from "./pod-facts.ts";
import type { ByteString, Container, ContainerPlace, Process } from "./types.ts";

export interface ContainersOptions {
  /** How many containers are kept (8,192), those that ended among them. */
  readonly containers?: number;
  /** How many bytes the runtime's facts may have together (32 MiB). */
  readonly bytes?: number;
  /** How many pods are kept (4,096), and of how many bytes together (16 MiB). */
  readonly pods?: number;
  readonly podBytes?: number;
}

/** What an object weighs besides its texts, bytes. */
const OBJECT = 512;
/** How many containers that ended are kept: their last records are still on the way. */
const ENDED = 512;

/** What other rooms see of it is the interface Container. */
class ContainerEntry implements Container {
  readonly id: string;
  type: string;
  cgroupPath: string;
  facts: ContainerFacts | undefined = undefined;
  pod: PodFacts | undefined = undefined;
  unidentified = false;
  waiting = false;
  /** Its first process, until it was told of. */
  first: Process | undefined = undefined;
  /** Whether a process of it was seen, and whether it was told of (onStarted). */
  seen = false;
  told = false;
  /** Bytes of `facts`. */
  weight = 0;
  /** Whether the runtime said that it is gone. */
  ended = false;

  constructor({ id, type, cgroupPath }: ContainerPlace) {
    this.id = id;
    this.type = type;
    this.cgroupPath = cgroupPath;
  }
}

interface KnownPod {
  readonly facts: PodFacts;
  readonly weight: number;
}

export class Containers {
  private readonly byId = new Map<string, ContainerEntry>();
  private readonly ended = new Set<ContainerEntry>();
  private readonly pods = new Map<ByteString, KnownPod>();
  private readonly options: ContainersOptions;
  private weight = 0;
  private podWeight = 0;
  /** Containers whose facts were dropped for want of room, or that were forgotten, while the runtime still has them. */
  evicted = 0;
  /** Pods that were forgotten for want of room. */
  podsEvicted = 0;
  /** Called when a container need not be waited for any more: it is known, or known as unknown. */
  onSettled: ((container: Container) => void) | undefined;
  /** Called once for each container when it is known and has been seen to run, with its first process. */
  onStarted: ((container: Container, first: Process) => void) | undefined;
  /** Called after every input of the node, with the time since boot that it told, ns. */
  onInput: ((now: bigint | undefined) => void) | undefined;

  constructor(options: ContainersOptions = {}) {
    this.options = options;
  }

  /** Pods kept. */
  get podCount(): number {
    return this.pods.size;
  }

  /** Containers by what is known of them. */
  tally(): { readonly known: number; readonly unknown: number; readonly waiting: number } {
    let known = 0;
    let waiting = 0;
    for (const entry of this.byId.values()) {
      if (entry.facts !== undefined) known++;
      else if (entry.waiting) waiting++;
    }
    return { known, unknown: this.byId.size - known - waiting, waiting };
  }

  /** Bytes of what runtime and API said. */
  get bytes(): number {
    return this.weight + this.podWeight;
  }

  /** The container at a place: the same object for all its cgroups, another one where the last with its id has ended. */
  at(place: ContainerPlace): Container {
    if (place === hostContainer) return hostContainer;
    const known = this.byId.get(place.id);
    if (known !== undefined && !known.ended) {
      if (known.cgroupPath === "") {
        known.cgroupPath = place.cgroupPath;
        known.type = place.type;
      }
      return known;
    }
    const added = this.add(place);
    added.waiting = true;
    return added;
  }

  /** A process of a container was seen. */
  see(container: Container, process: Process): void {
    if (!(container instanceof ContainerEntry) || container.seen) return;
    container.seen = true;
    container.first = process;
    this.tell(container);
  }

  /** The container with this id; undefined where none is kept. */
  get(id: string): Container | undefined {
    return this.byId.get(id);
  }

  /** Takes in what the runtime says of a container, though no process of it was seen yet. */
  identify(facts: ContainerFacts): Container {
    const { id, type } = facts;
    const entry = this.byId.get(id) ?? this.add({ id, type, cgroupPath: "" });
    entry.ended = false;
    this.ended.delete(entry);
    this.setFacts(entry, facts);
    entry.pod = facts.pod && sameOrNone(facts.pod, this.pods.get(facts.pod.uid)?.facts);
    this.makeRoom(entry);
    this.settle(entry, false);
    this.tell(entry);
    return entry;
  }

  /** No runtime can say who it is, for now: it is not waited for. */
  giveUp(id: string): void {
    const entry = this.byId.get(id);
    if (entry !== undefined && entry.facts === undefined) this.settle(entry, true);
  }

  /** The same, where it was waited for long enough. */
  giveUpOn(container: Container): void {
    if (container instanceof ContainerEntry && container.facts === undefined) this.settle(container, true);
  }

  /** The runtime has ended it: its facts stay for what is still to be heard of its processes. */
  end(id: string): void {
    const entry = this.byId.get(id);
    if (entry === undefined || entry.ended) return;
    entry.ended = true;
    this.ended.add(entry);
    if (this.ended.size <= ENDED) return;
    for (const oldest of this.ended) {
      this.forget(oldest);
      return;
    }
  }

  /** Takes in what the API says of a pod. */
  learnPod(facts: PodFacts): void {
    this.forgetPod(facts.uid);
    const weight = podWeight(facts);
    this.pods.set(facts.uid, { facts, weight });
    this.podWeight += weight;
    this.setPod(facts.uid, facts);
    const { pods = 4_096, podBytes = 16_777_216 } = this.options;
    for (const uid of this.pods.keys()) {
      if (this.pods.size <= pods && this.podWeight <= podBytes) return;
      if (uid === facts.uid) continue;
      this.forgetPod(uid);
      this.setPod(uid, undefined);
      this.podsEvicted++;
    }
  }

  /** A pod is gone; its containers keep what was known of it, for their last events. */
  forgetPod(uid: ByteString): void {
    this.podWeight -= this.pods.get(uid)?.weight ?? 0;
    this.pods.delete(uid);
  }

  private setPod(uid: ByteString, facts: PodFacts | undefined): void {
    for (const entry of this.byId.values()) {
      const pod = entry.facts?.pod;
      if (pod?.uid === uid) entry.pod = sameOrNone(pod, facts);
    }
  }

  private add(place: ContainerPlace): ContainerEntry {
    const before = this.byId.get(place.id);
    if (before !== undefined) this.forget(before);
    const entry = new ContainerEntry(place);
    this.byId.set(place.id, entry);
    this.makeRoom(entry);
    return entry;
  }

  private setFacts(entry: ContainerEntry, facts: ContainerFacts | undefined): void {
    this.weight -= entry.weight;
    entry.facts = facts;
    entry.weight = facts === undefined ? 0 : weightOf(facts);
    this.weight += entry.weight;
  }

  /** No new process finds it any more. Those it has keep it as it is, and its facts weigh no longer. */
  private forget(entry: ContainerEntry): void {
    this.ended.delete(entry);
    this.weight -= entry.weight;
    entry.weight = 0;
    if (entry.waiting) this.settle(entry, true);
    if (this.byId.get(entry.id) === entry) this.byId.delete(entry.id);
  }

  /** Those that ended go first, then the oldest; not `spared`. */
  private makeRoom(spared: ContainerEntry): void {
    const { containers = 8_192, bytes = 33_554_432 } = this.options;
    const fits = () => this.byId.size <= containers && this.weight <= bytes;
    for (const entry of this.ended) {
      if (fits()) return;
      this.forget(entry);
    }
    for (const entry of this.byId.values()) {
      if (fits()) return;
      if (entry === spared) continue;
      if (this.byId.size > containers) this.forget(entry);
      else if (entry.facts === undefined) continue;
      this.setFacts(entry, undefined);
      this.evicted++;
      this.settle(entry, true);
    }
  }

  private settle(entry: ContainerEntry, unidentified: boolean): void {
    entry.unidentified = unidentified;
    if (!entry.waiting) return;
    entry.waiting = false;
    this.onSettled?.(entry);
  }

  private tell(entry: ContainerEntry): void {
    const { first, facts, told } = entry;
    if (told || facts === undefined || first === undefined) return;
    entry.told = true;
    entry.first = undefined;
    this.onStarted?.(entry, first);
  }
}

const textsOf = (texts: readonly ByteString[]) => texts.reduce((sum, text) => sum + 16 + text.length, 0);
const labelsOf = (labels: Labels) =>
  labels.reduce((sum, [name, value]) => sum + 48 + name.length + value.length, 0);

/** Roughly the bytes that facts of the runtime take. */
function weightOf(facts: ContainerFacts): number {
  const { mounts, env, labels, ports, healthcheck, livenessProbe, readinessProbe, pod } = facts;
  const { name, image, imageId, imageRepository, imageTag, imageDigest } = facts;
  return (
    OBJECT +
    textsOf([name, image, imageId, imageRepository, imageTag, imageDigest]) +
    mounts.reduce((sum, { source, destination }) => sum + 128 + source.length + destination.length, 0) +
    textsOf(env) +
    labelsOf(labels) +
    ports.length * 96 +
    textsOf([...healthcheck, ...livenessProbe, ...readinessProbe]) +
    (pod === undefined ? 0 : OBJECT + labelsOf(pod.labels) + pod.cniJson.length)
  );
}

function podWeight({ labels, ns, deployment, rs, rc, svc, probes }: PodFacts): number {
  const object = (facts: ObjectFacts | undefined) =>
    facts === undefined ? 0 : 96 + facts.name.length + facts.uid.length + labelsOf(facts.labels);
  return (
    OBJECT +
    labelsOf(labels) +
    [ns, deployment, rs, rc, ...svc].reduce((sum, facts) => sum + object(facts), 0) +
    probes.reduce((sum, { liveness, readiness }) => sum + 96 + textsOf([...liveness, ...readiness]), 0)
  );
}

/**
 * What the API says of a pod, where its namespace and name are those that the runtime says. A uid alone is no proof: a
 * static pod's stands in an annotation that anybody may write on a pod of his own.
 */
function sameOrNone({ namespace, name }: PodSandbox, facts: PodFacts | undefined): PodFacts | undefined {
  return facts?.namespace === namespace && facts.name === name ? facts : undefined;
}
