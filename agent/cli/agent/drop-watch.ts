/** Looks at how many events the kernel side lost, second by second, and says when something is to be done. Pure. */
import { TokenBucket } from "../../engine/token-bucket.ts";
import type { Counters } from "./counters.ts";

/** Settings syscall_event_drops. */
export interface DropSettings {
  /** Share of lost events within a look from which on it counts. */
  readonly threshold: number;
  /** ignore, log, alert, exit. */
  readonly actions: readonly string[];
  /** Rounds of actions a second, and at once. */
  readonly rate: number;
  readonly max_burst: number;
}

/** What was lost since the last look. */
export interface Loss {
  readonly dropped: number;
  /** That reached the agent. */
  readonly events: number;
  /** By cause. */
  readonly causes: Readonly<Record<string, number>>;
}

type Seen = Pick<Counters, "events" | "drops">;

const total = ({ drops }: Seen) => drops.reduce((sum, { count }) => sum + count, 0);

function byCause({ drops }: Seen): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { cause, count } of drops) sums.set(cause, (sums.get(cause) ?? 0) + count);
  return sums;
}

export class DropWatch {
  /** Looks with a loss above the threshold, and rounds of actions taken. */
  occurrences = 0;
  taken = 0;
  private readonly settings: DropSettings;
  private readonly bucket: TokenBucket;
  private last: Seen = { events: 0, drops: [] };

  constructor(settings: DropSettings) {
    this.settings = settings;
    this.bucket = new TokenBucket(settings.rate, settings.max_burst);
  }

  /** The loss since the last look where actions are to be taken at `time` (ns); undefined where not. */
  look(now: Seen, time: bigint): Loss | undefined {
    const { last } = this;
    this.last = now;
    const dropped = total(now) - total(last);
    const events = now.events - last.events;
    if (dropped <= 0 || dropped / (dropped + events) <= this.settings.threshold) return undefined;
    this.occurrences++;
    if (this.settings.actions.includes("ignore") || !this.bucket.take(time)) return undefined;
    this.taken++;
    const before = byCause(last);
    const causes = [...byCause(now)]
      .map(([cause, count]) => [cause, count - (before.get(cause) ?? 0)] as const)
      .filter(([, count]) => count > 0);
    return { dropped, events, causes: Object.fromEntries(causes) };
  }
}
