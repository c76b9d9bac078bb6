/** Runs one controller with its queue. */
import type { Clock } from "../../agent/kube/clock.ts";
import { ApiFault } from "../../agent/kube/fault.ts";
import { isConflict, NotLeading } from "./cluster-client.ts";
import type { Controller } from "./controller.ts";
import type { Log } from "./log.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { WorkQueue, type Outcome } from "./work-queue.ts";

export interface RunOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
}

export class ControllerRun {
  readonly #controller: Controller;
  readonly #queue: WorkQueue;
  readonly #log: Log;
  #unfollow: (() => void)[] = [];

  constructor(controller: Controller, { clock, random, log, metrics }: RunOptions) {
    this.#controller = controller;
    this.#log = log;
    const { name, workers = 1 } = controller;
    const observer = metrics.observe(name, workers, () => this.#queue);
    this.#queue = new WorkQueue({
      work: (key, signal) => controller.reconcile(key, signal),
      clock,
      random,
      workers,
      everything: () => this.#everything(),
      observer: {
        ...observer,
        done: (key, worked, outcome) => {
          observer.done(key, worked, outcome);
          this.#say(key, outcome);
        },
        overflowed: () => {
          observer.overflowed();
          log("warning", `${name}: the queue is full; all keys are gone through again`, `overflow ${name}`);
        },
      },
    });
  }

  *#everything(): Iterable<string> {
    yield* this.#controller.keys ?? [];
    for (const { everything } of this.#controller.watches) yield* everything();
  }

  #say(key: string, outcome: Outcome): void {
    if (outcome.kind !== "error") return;
    const { error, tries, wait } = outcome;
    const { name } = this.#controller;
    // Someone else was faster: the next look settles it.
    const race = (isConflict(error) && tries < 3) || error instanceof NotLeading;
    const level = race ? "debug" : "warning";
    // An error of the API is one line; any other is our mistake, and where it is matters.
    const known = error instanceof ApiFault || error instanceof NotLeading;
    const text = error instanceof Error ? (known ? error.message : error.stack) : String(error);
    const after = (wait / 1000).toFixed(1);
    this.#log(
      level,
      `${name}: ${key}: ${text}; tried again in ${after} s (failures: ${tries})`,
      `${name} ${key}`,
    );
  }

  /** Begins: with all keys there are, then with those of changes. */
  start(): void {
    this.#unfollow = this.#controller.watches.map(({ follow }) => follow((key) => this.#queue.add(key)));
    for (const key of this.#everything()) this.#queue.add(key);
    this.#queue.start();
  }

  /** Ends; resolves when nothing is worked on any more. */
  async stop(): Promise<void> {
    for (const unfollow of this.#unfollow.splice(0)) unfollow();
    await this.#queue.stop();
  }
}
