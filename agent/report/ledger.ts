/**
 * All matters of one kind of object (SecurityAlerts, Events): bounded in number and size, and in whose turn it is. Every match
 * that comes in stands in an object, waits, or is counted as held back: `matched + restored = written + waiting + held`.
 */
import { add, newGroup, taskOf, waiting, type Group, type Task } from "./group.ts";
import { sizeOf, type Match, type Place } from "./match.ts";

/** Why matches do not stand in objects and never will. */
export type HeldCause =
  /** More matters at once than are kept. */
  | "table_full"
  /** The namespace is gone. */
  | "namespace_gone"
  /** The API server will not take the object. */
  | "refused"
  /** The agent ended and could not keep them on disk. */
  | "ended";

export interface LedgerBounds {
  readonly groups: number;
  /** Characters of all that waits. */
  readonly characters: number;
}

export const defaultBounds: LedgerBounds = { groups: 2000, characters: 4 << 20 };

export interface LedgerNumbers {
  readonly matched: number;
  /** Brought over from an earlier life of the agent. */
  readonly restored: number;
  readonly written: number;
  readonly waiting: number;
  readonly held: Readonly<Record<HeldCause, number>>;
  readonly groups: number;
}

/** What one pod, or the node, has in the table. */
interface Owner {
  /** Oldest first. */
  readonly groups: Set<Group>;
  /** How many of them there are, by each of the eight priorities. */
  readonly priorities: number[];
  /** Turn in which it was served last. */
  served: number;
}

/** What a ledger would have done next. */
export interface Due {
  readonly group: Group;
  readonly task: Task;
  /** The matter is in no object yet. */
  readonly fresh: boolean;
}

/** Milliseconds between two counts of one object: the first distance, doubled with each, and the longest. */
const distance = { first: 5000, longest: 60_000 } as const;

/** What waits no longer than this after the last count is one soon after the other, ms. */
const lull = 300_000;

/** A wait beyond this (ms) comes of a clock that was put back. */
const longestWait = 600_000;

export class Ledger {
  readonly #bounds: LedgerBounds;
  /** Least recently matched first. */
  readonly #groups = new Map<string, Group>();
  readonly #owners = new Map<string, Owner>();
  readonly #waiting = new Set<Group>();
  readonly #sizes = new Map<Group, number>();
  readonly #held = { table_full: 0, namespace_gone: 0, refused: 0, ended: 0 };
  #characters = 0;
  #turn = 0;
  #matched = 0;
  #restored = 0;
  #written = 0;
  /** Being sent: not to be dropped. */
  #flying: Group | undefined;

  constructor(bounds: LedgerBounds = defaultBounds) {
    this.#bounds = bounds;
  }

  get numbers(): LedgerNumbers {
    let waits = 0;
    for (const group of this.#waiting) waits += waiting(group);
    return {
      matched: this.#matched,
      restored: this.#restored,
      written: this.#written,
      waiting: waits,
      held: { ...this.#held },
      groups: this.#groups.size,
    };
  }

  /** Whether some match waits. */
  get waits(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes one match of the matter `id`. `name` is that of its object. */
  take(id: string, name: string, place: Place, match: Match, now: number): void {
    this.#matched++;
    const known = this.#groups.get(id);
    const group = known ?? newGroup(id, name, place, match, now);
    this.#groups.delete(id);
    this.#groups.set(id, group);
    if (known === undefined) this.#own(group);
    add(group, match, now);
    this.changed(group);
    this.#bound(known === undefined ? group : undefined);
  }

  /** Takes over a matter that waited when an earlier life of the agent ended. */
  restore(group: Group): void {
    if (this.#groups.has(group.id) || waiting(group) === 0) return;
    this.#restored += waiting(group);
    this.#groups.set(group.id, group);
    this.#own(group);
    this.changed(group);
    this.#bound(group);
  }

  /** All that waits, oldest first. */
  saved(): readonly Group[] {
    return [...this.#waiting];
  }

  /**
   * Whose turn it is at `now`: the owner served longest ago, so that a flood of one pod does not hold up another's matter; of
   * one owner first what is in no object yet, the most urgent, the oldest. Else in how many milliseconds to ask again; undefined
   * where nothing waits. `freshOnly`: repeats have to wait.
   */
  due(now: number, freshOnly: boolean): Due | number | undefined {
    let best: { due: Due; rank: readonly number[] } | undefined;
    let next: number | undefined;
    for (const group of this.#waiting) {
      const fresh = !group.exists || group.base === 0;
      if (freshOnly && !fresh) continue;
      const wait = group.notBefore - now;
      if (wait > 0 && wait <= longestWait) {
        next = Math.min(next ?? Infinity, wait);
        continue;
      }
      const { served } = this.#ownerOf(group);
      const rank = [served, fresh ? 0 : 1, group.priority, group.since];
      if (best === undefined || before(rank, best.rank))
        best = { due: { group, task: taskOf(group), fresh }, rank };
    }
    return best?.due ?? next;
  }

  /** A task of this group is sent; no other is meanwhile. */
  flies(group: Group): void {
    this.#flying = group;
    this.#ownerOf(group).served = ++this.#turn;
  }

  /** What became of it: so many matches now stand in the object. */
  landed(group: Group, task: Task, settled: number, now: number): void {
    this.#flying = undefined;
    this.#written += settled;
    if (task === "count" && settled > 0) {
      if (now - group.notBefore > lull) group.repeats = 0;
      group.notBefore = now + Math.min(distance.longest, distance.first * 2 ** Math.min(group.repeats, 10));
      group.repeats++;
    }
    this.changed(group);
    this.#bound();
  }

  /** The group's matches that wait will stand in no object. */
  drop(group: Group, cause: HeldCause): void {
    this.#held[cause] += waiting(group);
    this.#forget(group);
  }

  /** The agent ends and nothing keeps what waits. */
  end(): void {
    for (const group of [...this.#waiting]) this.drop(group, "ended");
  }

  /** All that waits is due now. */
  hurry(): void {
    for (const group of this.#waiting) group.notBefore = 0;
  }

  /** Looks again at what a group holds. */
  changed(group: Group): void {
    if (!this.#groups.has(group.id)) return;
    if (waiting(group) > 0) this.#waiting.add(group);
    else this.#waiting.delete(group);
    const { first, later, last } = group;
    const size = last.output.length + (first ? sizeOf(first) : 0) + (later ? sizeOf(later) : 0);
    this.#characters += size - (this.#sizes.get(group) ?? 0);
    this.#sizes.set(group, size);
  }

  /** `newest`: a matter that has just come. */
  #bound(newest?: Group): void {
    const { groups, characters } = this.#bounds;
    while (this.#groups.size > groups || this.#characters > characters) {
      const victim = this.#idle() ?? this.#leastOfTheMany(newest);
      if (victim === undefined) return;
      this.drop(victim, "table_full");
    }
  }

  /** The matter that matched longest ago, of those with nothing to write. */
  #idle(): Group | undefined {
    if (this.#waiting.size === this.#groups.size) return undefined;
    for (const group of this.#groups.values())
      if (waiting(group) === 0 && group !== this.#flying) return group;
    return undefined;
  }

  /**
   * Of the owner that has most the least urgent matter; of several the one with fewest matches, of these the newest. So a
   * flood does not push out what told how it began, and what is urgent pushes out what is not.
   */
  #leastOfTheMany(newest: Group | undefined): Group | undefined {
    let most: Owner | undefined;
    for (const owner of this.#owners.values()) if (owner.groups.size > (most?.groups.size ?? 0)) most = owner;
    if (most === undefined) return undefined;
    const { groups, priorities } = most;
    // In a flood each match comes here, so that the table is not walked for it.
    if (newest !== undefined && groups.has(newest) && waiting(newest) === 1)
      if (priorities.findLastIndex((count) => count > 0) <= newest.priority) return newest;
    let least: Group | undefined;
    for (const group of groups)
      if (group !== this.#flying && (least === undefined || !isLess(least, group))) least = group;
    return least;
  }

  #own(group: Group): void {
    const { groups, priorities } = this.#ownerOf(group);
    groups.add(group);
    priorities[group.priority]!++;
  }

  #forget(group: Group): void {
    this.#groups.delete(group.id);
    this.#waiting.delete(group);
    this.#characters -= this.#sizes.get(group) ?? 0;
    this.#sizes.delete(group);
    const key = ownerKey(group);
    const owner = this.#owners.get(key);
    if (owner?.groups.delete(group) === true) owner.priorities[group.priority]!--;
    if (owner?.groups.size === 0) this.#owners.delete(key);
  }

  #ownerOf(group: Group): Owner {
    const key = ownerKey(group);
    let owner = this.#owners.get(key);
    if (owner === undefined) {
      owner = { groups: new Set(), priorities: new Array<number>(8).fill(0), served: 0 };
      this.#owners.set(key, owner);
    }
    return owner;
  }
}

/** Whether `a`, the older one, matters less than `b`. */
const isLess = (a: Group, b: Group): boolean =>
  a.priority !== b.priority ? a.priority > b.priority : waiting(a) < waiting(b);

const ownerKey = ({ place: { namespace, pod, podUid } }: Group) => podUid || `${namespace}/${pod}`;

function before(a: readonly number[], b: readonly number[]): boolean {
  for (const [index, value] of a.entries()) if (value !== b[index]) return value < b[index]!;
  return false;
}
