/** A copy of one kind of object, kept current by list and watch; only what `project` keeps of each is held. */
import { isDeepStrictEqual } from "node:util";
import { keyOf, slim, type KubeObject } from "./object.ts";
import type { Resource } from "./resources.ts";

export interface InformerOptions<T> {
  readonly resource: Resource;
  /** Left out: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /**
   * What is kept of an object: the less, the less memory, and the less often anybody is woken, since a change outside of it
   * is none. Undefined: the object is as if it were not there. Informers of the same kind, selectors and function are one.
   */
  readonly project: (object: KubeObject) => T | undefined;
  /** Objects a page (500); ten for large ones. */
  readonly limit?: number;
  /** Only metadata is asked for, and given to `project`: what else the objects hold never gets here. */
  readonly metadataOnly?: boolean;
}

/** An object came (no `before`), changed, or went (no `after`). */
export interface Change<T> {
  /** `namespace/name`, or the name. */
  readonly key: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

export interface Informer<T> {
  readonly resource: Resource;
  /** Whether a list was ever whole: before, what is missing here may well exist. */
  readonly synced: boolean;
  readonly size: number;
  /** By `namespace/name`, or the name. */
  get(key: string): T | undefined;
  /** All, in no order. */
  list(): Iterable<T>;
  entries(): Iterable<readonly [key: string, object: T]>;
  /** Told of each change from now on; the returned function ends that. */
  onChange(listener: (change: Change<T>) => void): () => void;
}

/** Objects of one kind that are held; what comes beyond is counted and as if it were not there. */
export const mostObjects = 100_000;

interface Held<T> {
  readonly key: string;
  readonly uid: string;
  readonly object: T;
}

/** The copy; a `Target` of agent/kube's list-watch. */
export class InformerStore<T> implements Informer<T> {
  readonly resource: Resource;
  readonly #project: (object: KubeObject) => T | undefined;
  readonly #onError: (error: unknown, key: string) => void;
  readonly #byUid = new Map<string, Held<T>>();
  readonly #byKey = new Map<string, Held<T>>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #waiting: (() => void)[] = [];
  readonly #most: number;
  #synced = false;
  /** Objects that were not taken since there were too many. */
  tooMany = 0;

  /** `onError` is told what `project` or a listener threw: neither may end the watch. */
  constructor(
    { resource, project }: Pick<InformerOptions<T>, "resource" | "project">,
    onError: (error: unknown, key: string) => void,
    most = mostObjects,
  ) {
    this.resource = resource;
    this.#project = project;
    this.#onError = onError;
    this.#most = most;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key)?.object;
  }

  *list(): Iterable<T> {
    for (const { object } of this.#byKey.values()) yield object;
  }

  *entries(): Iterable<readonly [key: string, object: T]> {
    for (const { key, object } of this.#byKey.values()) yield [key, object];
  }

  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(uid: string, raw: unknown): boolean {
    const { apiVersion, kind, ...rest } = slim(raw as KubeObject);
    const key = keyOf(rest.metadata);
    // The server leaves kind and apiVersion out of the items of a list.
    const { group, version } = this.resource;
    const object = {
      apiVersion: apiVersion ?? (group === "" ? version : `${group}/${version}`),
      kind: kind ?? this.resource.kind,
      ...rest,
    };
    const before = this.#byKey.get(key);
    let kept: T | undefined;
    try {
      kept = this.#project(object);
    } catch (error) {
      this.#onError(error, key);
      // What was known of it stays: that it is gone would be a lie.
      return before?.uid === uid;
    }
    if (kept === undefined) return false;
    if (before === undefined && this.#byKey.size >= this.#most) {
      this.tooMany++;
      return false;
    }
    const held = { key, uid, object: kept };
    if (before !== undefined && before.uid !== uid) this.#byUid.delete(before.uid);
    this.#byUid.set(uid, held);
    this.#byKey.set(key, held);
    if (before === undefined || !isDeepStrictEqual(before.object, kept))
      this.#tell({ key, before: before?.object, after: kept });
    return true;
  }

  remove(uid: string): void {
    const held = this.#byUid.get(uid);
    // Where another object took its name meanwhile, that one stays.
    if (held === undefined) return;
    this.#byUid.delete(uid);
    this.#byKey.delete(held.key);
    this.#tell({ key: held.key, before: held.object, after: undefined });
  }

  listed(): void {
    this.#synced = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when a list was whole. */
  whenSynced(): Promise<void> {
    return this.#synced ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners)
      try {
        listener(change);
      } catch (error) {
        this.#onError(error, change.key);
      }
  }
}
