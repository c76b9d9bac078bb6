/**
 * Keeps a copy of one kind of object: lists, watches from the list's version, lists anew where the server no longer has
 * what came since. Decides only; watcher.ts acts. Nothing is ever missed: a deletion that happened while nobody watched
 * is made up when the next list is whole.
 */
import { ApiFault, statusFault } from "./fault.ts";
import { retryDelay, type RetryPolicy } from "./retry.ts";

/** Who keeps the copy. */
export interface Target {
  /** Takes an object; false where it does not want it (it counts why), which is then as if it were not there. */
  put(uid: string, object: unknown): boolean;
  remove(uid: string): void;
  /** A list is whole: nothing else exists. */
  listed(): void;
}

export type Step =
  | { readonly kind: "list"; readonly query: Readonly<Record<string, string>> }
  | { readonly kind: "watch"; readonly query: Readonly<Record<string, string>> }
  | { readonly kind: "wait"; readonly milliseconds: number };

export interface ListWatchOptions {
  /** Objects a page; 10 for large ones. Servers that answer from their cache give all at once. */
  readonly limit: number;
  readonly retry: RetryPolicy;
  readonly random: () => number;
}

/** A watch that lived so long, in milliseconds, ends a row of faults. */
const steady = 30_000;

/** One that the server ends sooner counts as a fault, or we would ask without a pause. */
const tooShort = 1000;

/** Seconds after which the server is asked to end a watch: twice that at most, at random. */
const watchSeconds = 300;

/** The parts of any object that matter here. */
interface Meta {
  readonly uid?: unknown;
  readonly resourceVersion?: unknown;
  readonly continue?: unknown;
}

function metaOf(object: unknown): Meta {
  if (typeof object !== "object" || object === null || !("metadata" in object)) return {};
  const { metadata } = object;
  return typeof metadata === "object" && metadata !== null ? metadata : {};
}

/** Characters of a uid or version; a UUID has 36. */
const longestName = 128;

/** Pages of one list: a server that always has one more must not keep us for ever. */
const mostPages = 10_000;

/** Objects a page at most, when short pages take so long that the server forgets them. */
const mostLimit = 100_000;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const name = (value: unknown): string => (text(value).length <= longestName ? text(value) : "");

export class ListWatch {
  readonly #target: Target;
  readonly #options: ListWatchOptions;
  #listing = true;
  /** Version that was seen last; "" for none. */
  #version = "";
  /** Whether the next list must come from the server's storage, since its cache has not what we ask for. */
  #fromStorage = false;
  #continue = "";
  #pages = 0;
  #limit: number;
  #known = new Set<string>();
  #seen = new Set<string>();
  #tries = 0;
  #rest: number | undefined;
  #began = 0;

  constructor(target: Target, options: ListWatchOptions) {
    this.#target = target;
    this.#options = options;
    this.#limit = options.limit;
  }

  /** Objects in the copy. */
  get size(): number {
    return this.#known.size;
  }

  /** What to do next. */
  step(now: number): Step {
    if (this.#rest !== undefined) {
      const milliseconds = this.#rest;
      this.#rest = undefined;
      return { kind: "wait", milliseconds };
    }
    if (this.#listing) return { kind: "list", query: this.#listQuery() };
    this.#began = now;
    const seconds = Math.round(watchSeconds * (1 + this.#options.random()));
    return {
      kind: "watch",
      query: {
        watch: "1",
        allowWatchBookmarks: "true",
        resourceVersion: this.#version,
        timeoutSeconds: String(seconds),
      },
    };
  }

  /**
   * A first list may be as old as the server's cache, which costs its storage nothing; a later one must not lie before what
   * we have seen.
   */
  #listQuery(): Readonly<Record<string, string>> {
    const limit = { limit: String(this.#limit) };
    if (this.#continue !== "") return { ...limit, continue: this.#continue };
    if (this.#fromStorage) return limit;
    return this.#version === ""
      ? { ...limit, resourceVersion: "0" }
      : { ...limit, resourceVersion: this.#version, resourceVersionMatch: "NotOlderThan" };
  }

  /** One item of a list came. */
  item(object: unknown): void {
    const uid = name(metaOf(object).uid);
    if (uid === "" || !this.#target.put(uid, object)) return;
    this.#seen.add(uid);
    this.#known.add(uid);
  }

  /** A page ended; `list` is it without its items. @throws ApiFault (nonsense) */
  page(list: unknown): void {
    const { resourceVersion, continue: next } = metaOf(list);
    const version = name(resourceVersion);
    if (version === "") throw new ApiFault("nonsense", "the list has no resourceVersion");
    this.#continue = text(next);
    if (++this.#pages > mostPages) throw new ApiFault("nonsense", "the list does not end");
    if (this.#continue !== "") return;
    this.#pages = 0;
    for (const uid of this.#known) if (!this.#seen.has(uid)) this.#target.remove(uid);
    this.#known = this.#seen;
    this.#seen = new Set();
    this.#version = version;
    this.#fromStorage = false;
    this.#listing = false;
    this.#limit = this.#options.limit;
    this.#target.listed();
  }

  /** An event of the watch came. @throws ApiFault: what it says, or that it is none */
  event(event: unknown): void {
    const { type, object } = (typeof event === "object" && event !== null ? event : {}) as {
      type?: unknown;
      object?: unknown;
    };
    if (type === "ERROR") throw statusFault(500, object);
    const meta = metaOf(object);
    const version = name(meta.resourceVersion);
    const uid = name(meta.uid);
    if (version === "" || (uid === "" && type !== "BOOKMARK"))
      throw new ApiFault("nonsense", "an event without version or uid");
    switch (type) {
      case "ADDED":
      case "MODIFIED":
        if (this.#target.put(uid, object)) this.#known.add(uid);
        else this.#forget(uid);
        break;
      case "DELETED":
        this.#forget(uid);
        break;
      case "BOOKMARK":
        break;
      default:
        throw new ApiFault("nonsense", "an event of no known type");
    }
    this.#version = version;
  }

  #forget(uid: string): void {
    if (this.#known.delete(uid)) this.#target.remove(uid);
  }

  /** The server ended the watch, as it was asked to. @throws ApiFault where it did so at once */
  ended(now: number): void {
    if (now - this.#began < tooShort) throw new ApiFault("network", "the watch ended at once");
    this.#tries = 0;
  }

  /** A list or a watch failed. */
  fault(fault: ApiFault, now: number): void {
    if (!this.#listing && now - this.#began >= steady) this.#tries = 0;
    this.#tries++;
    this.#rest = retryDelay(fault, this.#tries, this.#options.retry, this.#options.random);
    const lost = fault.kind === "gone" || fault.kind === "nonsense";
    if (!lost) return;
    if (!this.#listing) this.#listing = true;
    else if (this.#continue !== "") this.#limit = Math.min(this.#limit * 4, mostLimit);
    else if (fault.kind === "gone") this.#fromStorage = true;
    this.#continue = "";
    this.#pages = 0;
    this.#seen = new Set();
  }
}
