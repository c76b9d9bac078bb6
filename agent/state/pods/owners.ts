/**
 * Which objects above pods are asked for, and when again. They are asked by name and not watched: a node needs a few
 * dozen of them, while watching all ReplicaSets and Deployments of a cluster on each of its nodes would cost the API
 * server their number times the nodes (docs/decisions/0006).
 */
import type { ObjectFacts } from "../pod-facts.ts";
import type { OwnerKind, OwnerReference, NamedObject } from "./objects.ts";

/** Milliseconds after which an owner is asked for again: labels of a Deployment change seldom, a ReplicaSet's hardly. */
export const defaultRefresh: Readonly<Record<OwnerKind, number>> = {
  Deployment: 300_000,
  ReplicaSet: 1_800_000,
  ReplicationController: 300_000,
};

/** After how many milliseconds one that was not found is asked for again, the first time. */
const againSoon = 2000;

/** What is known of one owner. */
export interface Owner {
  readonly reference: OwnerReference;
  /** Undefined: not found, or not known yet. */
  facts: ObjectFacts | undefined;
  /** Its own owner. */
  owner: OwnerReference | undefined;
  /** An answer or a fault came: waiting for one longer does not help. */
  settled: boolean;
  /** When it is asked for (again), ms. */
  due: number;
  /** How often in a row it was not found. */
  missing: number;
  asking: boolean;
}

export interface OwnersOptions {
  readonly random: () => number;
  readonly refresh?: Readonly<Record<OwnerKind, number>>;
}

export class Owners {
  readonly #random: () => number;
  readonly #refresh: Readonly<Record<OwnerKind, number>>;
  readonly #owners = new Map<string, Owner>();
  /** Kinds that nobody answers for now, and until when, ms. */
  readonly #paused = new Map<OwnerKind, number>();

  constructor({ random, refresh }: OwnersOptions) {
    this.#random = random;
    this.#refresh = refresh ?? defaultRefresh;
  }

  get size(): number {
    return this.#owners.size;
  }

  /** What is known of an owner; it is asked for from now on. */
  find(reference: OwnerReference): Owner {
    const key = keyOf(reference);
    let owner = this.#owners.get(key);
    if (owner === undefined) {
      owner = {
        reference,
        facts: undefined,
        owner: undefined,
        settled: this.#paused.has(reference.kind),
        due: 0,
        missing: 0,
        asking: false,
      };
      this.#owners.set(key, owner);
    }
    return owner;
  }

  /** The next one to ask for; tell what came by `answered` or `failed`. */
  next(now: number): Owner | undefined {
    for (const [kind, until] of this.#paused) if (until <= now) this.#paused.delete(kind);
    for (const owner of this.#owners.values())
      if (!owner.asking && owner.due <= now && !this.#paused.has(owner.reference.kind)) {
        owner.asking = true;
        return owner;
      }
    return undefined;
  }

  /** What the API has under that name; undefined for nothing. True where something changed. */
  answered(owner: Owner, object: NamedObject | undefined, now: number): boolean {
    const found = object !== undefined && object.uid === owner.reference.uid ? object : undefined;
    const before = JSON.stringify([owner.facts, owner.owner, owner.settled]);
    owner.asking = false;
    owner.settled = true;
    owner.facts = found && { name: found.name, uid: found.uid, labels: found.labels };
    owner.owner = found?.owner;
    owner.missing = found === undefined ? owner.missing + 1 : 0;
    const period = this.#refresh[owner.reference.kind];
    const wait =
      found === undefined ? Math.min(period, againSoon * 2 ** Math.min(owner.missing, 20)) : period;
    owner.due = now + wait * (0.75 + this.#random() / 2);
    return JSON.stringify([owner.facts, owner.owner, owner.settled]) !== before;
  }

  /** No answer; what is known stays. None of its kind is asked for within `wait` ms. True where something changed. */
  failed(owner: Owner, wait: number, now: number): boolean {
    owner.asking = false;
    this.#paused.set(owner.reference.kind, now + wait);
    let changed = false;
    for (const other of this.#owners.values())
      if (other.reference.kind === owner.reference.kind && !other.settled) changed = other.settled = true;
    return changed;
  }

  /** Forgets all that were not found by `find` for one of these. */
  keep(references: ReadonlySet<string>): void {
    for (const key of this.#owners.keys()) if (!references.has(key)) this.#owners.delete(key);
  }
}

/** One owner's name in tables. The uid belongs to it: an object that was made anew under a name is another one. */
export function keyOf({ kind, namespace, name, uid }: OwnerReference): string {
  return `${kind} ${namespace} ${name} ${uid}`;
}
