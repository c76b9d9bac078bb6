/**
 * One matter and the object that counts it: how many matches stand there, are under way, and wait. Decides nothing about
 * when. No match is counted twice or lost, though an answer may be: what the object itself says settles what was sent.
 */
import type { Match, Place } from "./match.ts";

/** What is asked of the API next. */
export type Task =
  /** Make the object. */
  | "create"
  /** See what it says. */
  | "look"
  /** Set its count, if it is still as it was seen. */
  | "count";

/** What the API said an object is. */
export interface Seen {
  readonly uid: string;
  readonly version: string;
  /** 0 for one that was not counted yet. */
  readonly count: number;
  /** MicroTime of its first match; "" for none. */
  readonly firstSeen: string;
  /** A person closed it: it counts no further. */
  readonly closed: boolean;
}

export interface Group {
  readonly id: string;
  readonly place: Place;
  readonly priority: Match["priority"];
  /** Of the object; another one once that was closed. */
  name: string;
  /** Whether the object is known to be there. */
  exists: boolean;
  /** Its resourceVersion; undefined: look first. */
  version: string | undefined;
  /** The count that it showed last; undefined: never seen. */
  base: number | undefined;
  /** Matches sent, of which the API may or may not know. */
  unsure: number;
  /** Matches not sent. */
  pending: number;
  /** Oldest match that waits; undefined where none does. */
  first: Match | undefined;
  /** Oldest one that came after what is under way now. */
  later: Match | undefined;
  /** Text and time of the newest one ever. */
  last: { readonly output: string; readonly time: string };
  /** When `first` came, ms. */
  since: number;
  /** Not to be written before, ms. */
  notBefore: number;
  /** Counts written one soon after the other; they become rarer. */
  repeats: number;
  /** Refusals in a row. */
  refusals: number;
}

/** Matches that are not known to stand in an object. */
export const waiting = ({ unsure, pending }: Group): number => unsure + pending;

export function newGroup(id: string, name: string, place: Place, match: Match, now: number): Group {
  return {
    id,
    place,
    priority: match.priority,
    name,
    exists: false,
    version: undefined,
    base: undefined,
    unsure: 0,
    pending: 0,
    first: undefined,
    later: undefined,
    last: { output: "", time: "" },
    since: now,
    notBefore: now,
    repeats: 0,
    refusals: 0,
  };
}

/** One more match. */
export function add(group: Group, match: Match, now: number): void {
  if (waiting(group) === 0) {
    group.first = match;
    group.since = now;
  } else if (group.pending === 0) group.later = match;
  group.pending++;
  if (match.time > group.last.time) group.last = { output: match.output, time: match.time };
}

export function taskOf({ exists, version, unsure }: Group): Task {
  if (!exists) return "create";
  return version === undefined || unsure > 0 ? "look" : "count";
}

/** A task is about to be sent, and so many matches with it; `made` is the count that a new object has by being made. */
export function begin(group: Group, task: Task, made: number): number {
  const sent = task === "count" ? group.pending : task === "create" ? made : 0;
  // What was sent before, without an answer, is what is sent again.
  const more = task === "create" && group.unsure > 0 ? 0 : Math.min(sent, group.pending);
  group.unsure += more;
  group.pending -= more;
  return more;
}

/** The object was made: of what was sent exactly `made` stand in it. Gives the matches that are settled by this. */
export function created(group: Group, seen: Seen, made: number): number {
  group.exists = true;
  group.version = seen.version;
  group.base = made;
  return settle(group, made);
}

/** The count was set. */
export function counted(group: Group, seen: Seen): number {
  group.version = seen.version;
  group.base = seen.count;
  return settle(group, group.unsure);
}

/** The object was looked at. `next` is the name of the one that comes after it, if it was closed. */
export function looked(group: Group, seen: Seen, next: (uid: string) => string): number {
  const ours = group.first !== undefined && seen.firstSeen === group.first.time;
  const base = group.base ?? (ours ? 0 : seen.count);
  // An object that begins with the oldest match that waits counts nothing else.
  const possible = group.base === undefined && ours ? waiting(group) : group.unsure;
  const settled = settle(group, Math.min(Math.max(seen.count - base, 0), possible));
  group.base = seen.count;
  group.version = seen.version;
  group.exists = true;
  if (seen.closed && waiting(group) > 0) {
    group.name = next(seen.uid);
    absent(group);
  }
  return settled;
}

/** Of the matches sent so many stand in the object, the others do not. */
function settle(group: Group, settled: number): number {
  group.pending += group.unsure - settled;
  group.unsure = 0;
  group.refusals = 0;
  if (settled > 0 && group.later !== undefined) group.first = group.later;
  group.later = undefined;
  if (group.pending === 0) group.first = undefined;
  return settled;
}

/** So many matches that were sent did not come to anything. */
export function unsent(group: Group, sent: number): void {
  group.pending += sent;
  group.unsure -= sent;
  if (group.unsure === 0) group.later = undefined;
}

/** Whether what was sent came to anything is not known. */
export function unknown(group: Group): void {
  group.version = undefined;
}

/** Somebody else wrote the object: nothing of what was sent was taken. */
export function conflict(group: Group, sent: number): void {
  unsent(group, sent);
  group.version = undefined;
}

/** An object of that name was there already. */
export function taken(group: Group): void {
  group.exists = true;
  group.version = undefined;
}

/** There is no such object (any more). */
export function absent(group: Group): void {
  unsent(group, group.unsure);
  group.exists = false;
  group.version = undefined;
  group.base = undefined;
}
