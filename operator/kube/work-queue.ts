/**
 * Keys to work on. A key is worked on by one worker at a time, however often and whenever it is added; one that is added
 * while it is worked on is worked on again after that; one that failed comes again after a wait that doubles.
 */
import type { Clock } from "../../agent/kube/clock.ts";
import { ApiFault } from "../../agent/kube/fault.ts";

/** When a key is to be looked at again, in milliseconds, though it did not fail. */
export interface Again {
  readonly after: number;
}

export type Work = (key: string, signal: AbortSignal) => Promise<Again | void>;

/** Milliseconds. */
export interface BackOff {
  /** The ceiling of the wait after the first failure. */
  readonly base: number;
  readonly cap: number;
}

export const defaultBackOff: BackOff = { base: 250, cap: 60_000 };

/** The longest Retry-After that is believed, in milliseconds. */
const longestRetryAfter = 300_000;

/** What a queue tells of itself, for metrics. Times in milliseconds. */
export interface QueueObserver {
  added(): void;
  /** A worker took a key that waited so long since it was due. */
  taken(waited: number): void;
  /** A worker is done with a key. */
  done(key: string, worked: number, outcome: Outcome): void;
  retried(): void;
  /** A key was not taken in since the queue was full. */
  overflowed(): void;
}

export type Outcome =
  | { readonly kind: "success" }
  | { readonly kind: "again"; readonly after: number }
  | { readonly kind: "error"; readonly error: unknown; readonly tries: number; readonly wait: number };

export interface WorkQueueOptions {
  readonly work: Work;
  readonly clock: Clock;
  readonly random: () => number;
  /** Keys worked on at a time (1). */
  readonly workers?: number;
  readonly backOff?: BackOff;
  /** Keys that wait, due or not, at most. */
  readonly capacity?: number;
  /** All keys there are; asked for, bit by bit, once the queue has room again after it was full. */
  readonly everything?: () => Iterable<string>;
  readonly observer?: QueueObserver;
}

const silent: QueueObserver = {
  added() {},
  taken() {},
  done() {},
  retried() {},
  overflowed() {},
};

interface Later {
  readonly due: number;
  readonly cancel: () => void;
}

export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  /** Keys that are due, oldest first, with when they became so. */
  readonly #due = new Map<string, number>();
  readonly #later = new Map<string, Later>();
  /** Keys that are worked on, since when. */
  readonly #working = new Map<string, number>();
  /** Keys that were added while they were worked on. */
  readonly #again = new Set<string>();
  /** Failures in a row. */
  readonly #tries = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #end: AbortController | undefined;
  /** What is left of all keys, after keys were turned away. */
  #rest: Iterator<string> | undefined;
  #turnedAway = false;

  constructor(options: WorkQueueOptions) {
    this.#options = {
      workers: 1,
      backOff: defaultBackOff,
      capacity: 20_000,
      everything: () => [],
      observer: silent,
      ...options,
    };
  }

  /** Keys that are due. */
  get depth(): number {
    return this.#due.size;
  }

  /** Keys that wait for their time. */
  get waiting(): number {
    return this.#later.size;
  }

  get working(): number {
    return this.#working.size;
  }

  /** Milliseconds for which each worker has been at its key. */
  *workingFor(): Iterable<number> {
    for (const since of this.#working.values()) yield this.#options.clock.now() - since;
  }

  /** To be worked on as soon as a worker is free. */
  add(key: string): void {
    this.#cancelLater(key);
    if (this.#working.has(key)) {
      if (!this.#again.has(key)) this.#options.observer.added();
      this.#again.add(key);
      return;
    }
    if (this.#due.has(key) || !this.#hasRoom()) return;
    this.#options.observer.added();
    this.#due.set(key, this.#options.clock.now());
    this.#dispatch();
  }

  /** To be worked on in so many milliseconds, or earlier where it is due earlier already. */
  addAfter(key: string, milliseconds: number): void {
    if (milliseconds <= 0) return this.add(key);
    const due = this.#options.clock.now() + milliseconds;
    const before = this.#later.get(key);
    if (this.#due.has(key) || this.#again.has(key) || (before !== undefined && before.due <= due)) return;
    if (before === undefined && !this.#hasRoom()) return;
    before?.cancel();
    const cancel = this.#options.clock.after(milliseconds, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { due, cancel });
  }

  /** Workers begin, first with what was added before. */
  start(): void {
    this.#end ??= new AbortController();
    this.#dispatch();
  }

  /** Tells workers to give up, forgets all keys, and resolves when nobody works any more. May be started again. */
  async stop(): Promise<void> {
    this.#end?.abort();
    this.#end = undefined;
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#due.clear();
    this.#again.clear();
    this.#tries.clear();
    this.#rest = undefined;
    this.#turnedAway = false;
    await Promise.all(this.#running);
  }

  #cancelLater(key: string): void {
    this.#later.get(key)?.cancel();
    this.#later.delete(key);
  }

  #hasRoom(): boolean {
    if (this.#due.size + this.#later.size < this.#options.capacity) return true;
    this.#turnedAway = true;
    this.#options.observer.overflowed();
    return false;
  }

  #dispatch(): void {
    const { workers, clock, observer } = this.#options;
    while (this.#end !== undefined && this.#working.size < workers) {
      const [first] = this.#due;
      if (first === undefined) return;
      const [key, since] = first;
      const now = clock.now();
      this.#due.delete(key);
      this.#working.set(key, now);
      observer.taken(now - since);
      const run = this.#run(key, this.#end.signal).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  async #run(key: string, signal: AbortSignal): Promise<void> {
    const { work, clock, observer } = this.#options;
    const began = clock.now();
    let outcome: Outcome;
    try {
      const again = await work(key, signal);
      outcome = again === undefined ? { kind: "success" } : { kind: "again", after: again.after };
    } catch (error) {
      outcome = this.#failure(key, error);
    }
    this.#working.delete(key);
    const stopped = signal.aborted;
    // Giving up because it was told to is no failure.
    if (!stopped) observer.done(key, clock.now() - began, outcome);
    else if (this.#end === undefined) return;
    if (!stopped) this.#next(key, outcome);
    else if (this.#again.delete(key)) this.add(key);
    this.#refill();
    this.#dispatch();
  }

  #failure(key: string, error: unknown): Outcome {
    const { backOff, random } = this.#options;
    const tries = (this.#tries.get(key) ?? 0) + 1;
    this.#tries.set(key, tries);
    const ceiling = Math.min(backOff.cap, backOff.base * 2 ** Math.min(tries - 1, 30));
    const asked = error instanceof ApiFault ? Math.min(error.retryAfter ?? 0, longestRetryAfter) : 0;
    // Between half the ceiling and all of it: a key that fails for good must not come at once by chance.
    return { kind: "error", error, tries, wait: asked + ceiling * (0.5 + random() / 2) };
  }

  #next(key: string, outcome: Outcome): void {
    if (outcome.kind !== "error") this.#tries.delete(key);
    else this.#options.observer.retried();
    const again = this.#again.delete(key);
    // A change may be just what mends the failure, but a storm of changes must not get around the wait.
    if (outcome.kind === "error") this.addAfter(key, again ? Math.min(outcome.wait, 1000) : outcome.wait);
    else if (again) this.add(key);
    else if (outcome.kind === "again") this.addAfter(key, outcome.after);
  }

  /** After keys were turned away all keys are added again, as there is room: which ones they were nobody kept. */
  #refill(): void {
    const half = this.#options.capacity / 2;
    if (this.#due.size + this.#later.size >= half) return;
    if (this.#rest === undefined) {
      if (!this.#turnedAway) return;
      this.#turnedAway = false;
      this.#rest = this.#options.everything()[Symbol.iterator]();
    }
    while (this.#due.size + this.#later.size < half) {
      const next = this.#rest.next();
      if (next.done === true) {
        this.#rest = undefined;
        return;
      }
      this.add(next.value);
    }
  }
}
