/**
 * What is known of the rule set, for all controllers of one operator: what it says of each object, and which version of each
 * object the sets of late held, by which the roll-up tells who runs what.
 */
import { objectDigest } from "../../../agent/rules/set/digest.ts";
import { objectKey } from "../../../agent/rules/set/order.ts";
import type { SetObject } from "../../../agent/rules/set/rule-set.ts";
import type { Context } from "../../kube/context.ts";
import type { SetStatus } from "./status.ts";

/** Sets whose objects are remembered. */
const mostSets = 32;

export class RuleSets {
  #statuses: ReadonlyMap<string, SetStatus> = new Map();
  readonly #sets = new Map<string, ReadonlyMap<string, string>>();
  readonly #listeners = new Set<() => void>();
  readonly #statusListeners = new Set<(key: string) => void>();

  /** What the set says of an object (`namespace/name`); undefined before it was judged. */
  status(key: string): SetStatus | undefined {
    return this.#statuses.get(key);
  }

  /** Digest of an object's version in the set of a digest; undefined where it is in none that is known. */
  objectDigest(setDigest: string, key: string): string | undefined {
    return this.#sets.get(setDigest)?.get(key);
  }

  /** Remembers what a set holds, before agents can have it. */
  remember(digest: string, objects: readonly SetObject[]): void {
    this.#sets.delete(digest);
    this.#sets.set(digest, new Map(objects.map((object) => [objectKey(object), objectDigest(object)])));
    for (const oldest of this.#sets.keys()) {
      if (this.#sets.size <= mostSets) break;
      this.#sets.delete(oldest);
    }
    for (const listener of this.#listeners) listener();
  }

  /** Takes what the set in the index says; those of whom it says something else are told to listeners. */
  judged(statuses: ReadonlyMap<string, SetStatus>): void {
    const before = this.#statuses;
    this.#statuses = statuses;
    for (const [key, status] of statuses)
      if (JSON.stringify(before.get(key)) !== JSON.stringify(status))
        for (const listener of this.#statusListeners) listener(key);
  }

  /** Calls `listener` when a set is remembered; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with keys of objects of whom the set says something new; the returned function ends that. */
  onStatus(listener: (key: string) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }
}

const ofContext = new WeakMap<Context, RuleSets>();

/** The one of an operator. */
export function ruleSetsOf(context: Context): RuleSets {
  let sets = ofContext.get(context);
  if (sets === undefined) ofContext.set(context, (sets = new RuleSets()));
  return sets;
}
