/**
 * Adds up by container what the kernel counted by cgroup. Its tables forget the cgroups that were least in use, and a
 * container can make many; so they are read while events are lost, and what nobody can be named for is the difference
 * to the plain totals.
 */
import type { CgroupDrops } from "../../capture/index.ts";
import type { Container } from "../../state/types.ts";
import { lossOf, lossOwner, type Losses, type OwnerLoss } from "./loss-owner.ts";

/** Owners that are remembered; the one that had to do with a loss longest ago is forgotten: its losses are the others'. */
export const OWNERS = 128;
/** Largest changes that are taken in at one reading: what a reading may cost the capture thread. */
export const CHANGES = 512;
/** Of those that asked most of the ring when something was lost, so many are taken in though they lost nothing. */
const ASKING = 8;

/** What the kernel has counted, in running totals. */
export interface KernelLosses {
  readonly drops: readonly CgroupDrops[];
  /** Bytes by cgroup. */
  readonly demand: ReadonlyMap<bigint, number>;
}

export interface LossLedgerParts {
  readonly container: (cgroup: bigint) => Container;
  /** Path of a cgroup that still is; undefined where it is not. */
  readonly path: (cgroup: bigint) => string | undefined;
  /** Name of an event by its code. */
  readonly event: (type: number) => string;
}

interface Tally {
  readonly container: Container;
  readonly cgroup: string;
  /** By cause and event name. */
  readonly drops: Map<string, { readonly cause: string; readonly event: string; count: number }>;
  demand: number;
}

/** How far each total came since the last reading, largest first; an entry that began anew counts whole. */
function changes<K>(now: ReadonlyMap<K, number>, last: ReadonlyMap<K, number>, most: number): [K, number][] {
  const grown: [K, number][] = [];
  for (const [key, count] of now) {
    const before = last.get(key) ?? 0;
    const change = count >= before ? count - before : count;
    if (change > 0) grown.push([key, change]);
  }
  return grown.sort(([, a], [, b]) => b - a).slice(0, most);
}

export class LossLedger {
  private readonly parts: LossLedgerParts;
  private readonly tallies = new Map<string, Tally>();
  private drops: ReadonlyMap<string, number> = new Map();
  private demand: ReadonlyMap<bigint, number> = new Map();
  private others = 0;

  constructor(parts: LossLedgerParts) {
    this.parts = parts;
  }

  /** Takes a reading of the kernel's tables in. */
  take({ drops, demand }: KernelLosses): void {
    const entries = new Map(drops.map((drop) => [`${drop.cgroup}/${drop.type}/${drop.cause}`, drop]));
    const counts = new Map([...entries].map(([key, { count }]) => [key, count]));
    const lost = changes(counts, this.drops, CHANGES);
    for (const [key, change] of lost) {
      const { cgroup, type, cause } = entries.get(key)!;
      this.add(this.tally(cgroup), cause, this.parts.event(type), change);
    }
    if (lost.length > 0)
      for (const [cgroup, change] of changes(demand, this.demand, ASKING))
        this.tally(cgroup).demand += change;
    this.drops = counts;
    this.demand = demand;
  }

  /** @param total all losses that the kernel knows a cgroup of. */
  losses(total: number): Losses {
    const owners = [...this.tallies.values()].map(({ container, cgroup, drops, demand }): OwnerLoss => ({
      ...lossOwner(container, cgroup),
      drops: [...drops.values()].map((each) => ({ ...each })),
      demand,
    }));
    const named = owners.reduce((sum, owner) => sum + lossOf(owner), 0);
    // The plain totals are read first, so they may be a little behind: never less than before.
    this.others = Math.max(this.others, total - named);
    return { owners, others: this.others };
  }

  private add({ drops }: Tally, cause: string, event: string, count: number): void {
    const key = `${cause} ${event}`;
    const known = drops.get(key);
    if (known === undefined) drops.set(key, { cause, event, count });
    else known.count += count;
  }

  /** The tally of a cgroup's owner, put behind all others. */
  private tally(cgroup: bigint): Tally {
    const container = this.parts.container(cgroup);
    const path = container.id === "host" ? (this.parts.path(cgroup) ?? "") : container.cgroupPath;
    const key = container.id === "host" ? `host ${path}` : container.id;
    const known = this.tallies.get(key);
    const tally = known ?? { container, cgroup: path, drops: new Map(), demand: 0 };
    this.tallies.delete(key);
    if (this.tallies.size >= OWNERS) {
      for (const oldest of this.tallies.keys()) {
        this.tallies.delete(oldest);
        break;
      }
    }
    this.tallies.set(key, tally);
    return tally;
  }
}
