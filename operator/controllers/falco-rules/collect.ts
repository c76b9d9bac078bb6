/** Which shards of earlier sets nobody needs any more. Pure. */

/** Milliseconds a shard stays though all agents have moved on: one may just be reading it. */
export const leastAge = 60_000;

/** Milliseconds after which an agent that has not moved on is not waited for: it has its set on its disk. */
export const mostAge = 3_600_000;

export interface Collected {
  /** Names of shards to delete now. */
  readonly remove: readonly string[];
  /** In how many milliseconds to look again; undefined where nothing waits. */
  readonly after: number | undefined;
}

/**
 * Judges shards that the index does not name; `unwanted` tells since when. `behind` is how many agents do not run the index's
 * set. Milliseconds.
 */
export function collect(unwanted: ReadonlyMap<string, number>, behind: number, now: number): Collected {
  const remove: string[] = [];
  let after: number | undefined;
  for (const [name, since] of unwanted) {
    const wait = since + (behind === 0 ? leastAge : mostAge) - now;
    if (wait <= 0) remove.push(name);
    else after = Math.min(after ?? Infinity, wait, leastAge);
  }
  return { remove, after };
}
