/** A bound on API writes: at most so many in any minute, half of them at once. */

const minute = 60_000;

export class WriteBudget {
  readonly #half: number;
  #tokens: number;
  #last = 0;

  constructor(perMinute: number) {
    this.#half = Math.max(1, Math.floor(perMinute / 2));
    this.#tokens = this.#half;
  }

  /** Whether only what is new may be written: a quarter is kept for it. */
  scarce(now: number): boolean {
    this.#fill(now);
    return this.#tokens < 1 + this.#half / 4;
  }

  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until one more may be written; `scarce`: until what is not new may be. */
  wait(now: number, scarce: boolean): number {
    this.#fill(now);
    const wanted = scarce ? 1 + this.#half / 4 : 1;
    return Math.max(1, Math.ceil(((wanted - this.#tokens) / this.#half) * minute));
  }

  #fill(now: number): void {
    // A clock that was put back gives nothing.
    const passed = Math.max(0, now - this.#last);
    this.#last = now;
    this.#tokens = Math.min(this.#half, this.#tokens + (passed / minute) * this.#half);
  }
}
