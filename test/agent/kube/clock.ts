/** A clock that a test moves. */
import type { Clock } from "../../../agent/kube/clock.ts";

export class TestClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  /** `now`: where it begins, ms since the epoch. */
  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** Goes on, running what comes due in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}

/** The machine's clock. */
export { systemClock as realClock } from "../../../agent/kube/clock.ts";
