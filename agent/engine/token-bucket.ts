/** A bound on how often something may happen, on the events' own time, so that a replay gives the same. */

/** Lets `perSecond` through on average and `burst` at once. Begins full. */
export class TokenBucket {
  private readonly perSecond: number;
  private readonly burst: number;
  private tokens: number;
  private last: bigint | undefined;

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
  }

  /** Whether one more may pass at `time` (ns). A time before the last one, as from another processor, adds nothing. */
  take(time: bigint): boolean {
    if (this.last === undefined) this.last = time;
    else if (time > this.last) {
      this.tokens = Math.min(this.burst, this.tokens + (Number(time - this.last) / 1e9) * this.perSecond);
      this.last = time;
    }
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
