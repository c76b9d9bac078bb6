/** How the clocks of records, of Node and of the world hang together. */

export interface Clocks {
  /** ns since boot, the clock that records carry (CLOCK_BOOTTIME). */
  readonly boot: () => bigint;
  /** ns on Node's own steady clock, the same in all threads. */
  readonly steady: () => bigint;
  /** ms since the epoch. */
  readonly wall: () => number;
}

export interface BootClock {
  /** ns since the epoch at which CLOCK_BOOTTIME was 0. */
  readonly bootTime: bigint;
  /** CLOCK_BOOTTIME less the steady clock, ns. */
  readonly offset: bigint;
}

/** Reads the clocks against each other. Takes up to a millisecond: the wall clock counts whole ones, so its step is awaited. */
export function readBootClock({ boot, steady, wall }: Clocks): BootClock {
  const before = wall();
  let now = wall();
  while (now === before) now = wall();
  const booted = boot();
  return { bootTime: BigInt(now) * 1_000_000n - booted, offset: booted - steady() };
}
