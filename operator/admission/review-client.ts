/** The thread that reviews rules, as the operator sees it: bounded in number and time, begun anew when it dies. */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../agent/kube/clock.ts";
import type { SetObject } from "../../agent/rules/set/rule-set.ts";
import type { FromThread, ReviewThreadData, ToThread } from "./review-messages.ts";
import { basesOf, definitionsOf, type RuleReview } from "./rule-reviewer.ts";

/** Reviews that wait at a time; the API server's own clients ask one after the other. */
export const mostReviews = 64;
/** Milliseconds until a review is given up; the API server waits for two seconds. */
export const reviewTime = 1500;
/** Milliseconds after which a thread that says nothing is ended. */
const deadTime = 10_000;
/** Rules that need more memory than this end the thread, not the operator. */
const mostMegabytes = 256;
/** Milliseconds between a thread's end and the next one's start. */
const restartTime = 1000;

interface Waiting {
  readonly since: number;
  readonly done: (review: RuleReview | undefined) => void;
}

export interface ReviewClientOptions {
  readonly operatorNamespace: string;
  readonly clock: Clock;
  readonly onEnd: (reason: string) => void;
  /** The thread's file; another one in tests. */
  readonly thread?: URL;
}

export class ReviewClient {
  readonly #options: ReviewClientOptions;
  readonly #objects = new Map<string, SetObject>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #ids = 0;
  #stopped = false;

  constructor(options: ReviewClientOptions) {
    this.#options = options;
    this.#start();
  }

  #start(): void {
    if (this.#stopped) return;
    const data: ReviewThreadData = { operatorNamespace: this.#options.operatorNamespace };
    const file = this.#options.thread ?? new URL("./review-thread.js", import.meta.url);
    const worker = new Worker(file, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    });
    let reason = "it ended";
    worker.on("message", ({ id, review }: FromThread) => this.#settle(id, review));
    worker.on("error", (error: Error) => (reason = error.message));
    worker.on("exit", () => this.#ended(worker, reason));
    this.#worker = worker;
    for (const [key, object] of this.#objects)
      this.#tell({ kind: "know", key, definitions: definitionsOf(object) });
  }

  #ended(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined);
    if (this.#stopped) return;
    this.#options.onEnd(reason);
    this.#options.clock.after(restartTime, () => this.#start());
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #settle(id: number, review: RuleReview | undefined): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.done(review);
  }

  /** Learns a stored object, or that it is gone. */
  know(key: string, object: SetObject | undefined): void {
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#tell({ kind: "know", key, definitions: object === undefined ? undefined : definitionsOf(object) });
  }

  /** The review of an object; undefined where it takes too long, too many wait, or the thread is gone. Never rejects. */
  review(object: SetObject): Promise<RuleReview | undefined> {
    if (this.#worker === undefined || this.#waiting.size >= mostReviews) return Promise.resolve(undefined);
    const id = (this.#ids += 1);
    const { clock } = this.#options;
    const bases = basesOf(object, this.#objects.values());
    return new Promise((resolve) => {
      const worker = this.#worker;
      const cancelLate = clock.after(reviewTime, () => resolve(undefined));
      // It stays among those that wait: a thread that is stuck must not be asked without end.
      const cancelDead = clock.after(deadTime, () => void worker?.terminate());
      const done = (review: RuleReview | undefined) => {
        cancelLate();
        cancelDead();
        resolve(review);
      };
      this.#waiting.set(id, { since: clock.now(), done });
      this.#tell({ kind: "review", id, object, bases });
    });
  }

  /** Resolves when the thread has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
  }
}
