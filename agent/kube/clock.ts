/** Time as this room sees it; tests hand in one that they move themselves. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after that many milliseconds unless the returned function is called before. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The machine's clock. Its timers keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
