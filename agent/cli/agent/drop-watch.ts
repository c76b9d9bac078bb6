/** Looks at how many events the kernel side lost, second by second, and says when something is to be done. Pure. */
import { TokenBucket } from "../../engine/token-bucket.ts";
import type { Counters } from "./counters.ts";
import { lossOf, type LossOwner, type OwnerLoss } from "./loss-owner.ts";

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
  /** Who lost most of them, first. */
  readonly owners: readonly OwnerLoss[];
  /** Who wanted most of the ring; undefined where it never filled. */
  readonly flooder: LossOwner | undefined;
}

type Seen = Pick<Counters, "events" | "drops" | "losses">;

/** Owners that are named. */
const NAMED = 5;

const total = ({ drops }: Seen) => drops.reduce((sum, { count }) => sum + count, 0);

function byCause({ drops }: Seen): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { cause, count } of drops) sums.set(cause, (sums.get(cause) ?? 0) + count);
  return sums;
}

const keyOf = ({ container, cgroup }: LossOwner) => `${container} ${cgroup}`;

/** What each owner lost and wanted between two looks. */
function byOwner(now: Seen, last: Seen): OwnerLoss[] {
  const before = new Map(last.losses.owners.map((owner) => [keyOf(owner), owner]));
  return now.losses.owners.map((owner) => {
    const known = before.get(keyOf(owner));
    const counts = new Map(known?.drops.map(({ cause, event, count }) => [`${cause} ${event}`, count]));
    const drops = owner.drops
      .map((drop) => ({ ...drop, count: drop.count - (counts.get(`${drop.cause} ${drop.event}`) ?? 0) }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count);
    return { ...owner, drops, demand: owner.demand - (known?.demand ?? 0) };
  });
}

export class DropWatch {
  /** Looks with a loss above the threshold, and rounds of actions taken. */
  occurrences = 0;
  taken = 0;
  private readonly settings: DropSettings;
  private readonly bucket: TokenBucket;
  private last: Seen = { events: 0, drops: [], losses: { owners: [], others: 0 } };

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
    const owners = byOwner(now, last);
    const asking = owners.filter(({ demand }) => demand > 0).sort((a, b) => b.demand - a.demand);
    const losing = owners.filter((owner) => lossOf(owner) > 0).sort((a, b) => lossOf(b) - lossOf(a));
    return {
      dropped,
      events,
      causes: Object.fromEntries(causes),
      owners: losing.slice(0, NAMED),
      flooder: asking[0],
    };
  }
}
