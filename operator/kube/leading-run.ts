/** Runs controllers while this operator may act and knows what there is. */
import type { ControllerRun } from "./run-controllers.ts";
import type { Log } from "./log.ts";

export class LeadingRun {
  readonly #runs: readonly Pick<ControllerRun, "start" | "stop">[];
  readonly #log: Log;
  #leads = false;
  #synced = false;
  #stopped = false;
  #running = false;
  /** One change at a time: a start waits for the stop before it. */
  #turn: Promise<void> = Promise.resolve();

  constructor(runs: readonly Pick<ControllerRun, "start" | "stop">[], log: Log) {
    this.#runs = runs;
    this.#log = log;
  }

  /** Whether controllers work. */
  get running(): boolean {
    return this.#running;
  }

  /** Every informer has listed. */
  synced(): void {
    this.#synced = true;
    this.#next();
  }

  leads(leads: boolean): void {
    this.#leads = leads;
    this.#next();
  }

  /** Ends for good; resolves when no controller works any more. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#next();
    return this.#turn;
  }

  #next(): void {
    this.#turn = this.#turn.then(async () => {
      const wanted = this.#leads && this.#synced && !this.#stopped;
      if (wanted === this.#running) return;
      this.#running = wanted;
      if (wanted) for (const run of this.#runs) run.start();
      else await Promise.all(this.#runs.map((run) => run.stop()));
      this.#log("debug", wanted ? "controllers began" : "controllers ended");
    });
  }
}
