/** /etc/passwd and /etc/group of one root, parsed. Pure: the bytes may come from a hostile container. */
import type { ByteString } from "./types.ts";

export interface UserEntry {
  readonly name: ByteString;
  readonly home: ByteString;
  readonly shell: ByteString;
}
export interface GroupEntry {
  readonly name: ByteString;
}

/** How many entries of one file are kept; the first ones, as getpwuid(3) would find them. */
const MAX_ENTRIES = 10_000;
/** Longest line looked at, bytes. */
const MAX_LINE = 4_096;

export interface UserDatabase {
  readonly users: ReadonlyMap<number, UserEntry>;
  readonly groups: ReadonlyMap<number, GroupEntry>;
  /** Bytes of text it keeps: what it counts for in a bound. */
  readonly weight: number;
}

/** Decimal ids only: "", "-1" and "1x" are none (passwd(5)). */
function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= 4294967295 ? id : undefined;
}

function* records(text: ByteString): Generator<string[]> {
  let at = 0;
  for (let count = 0; at < text.length && count < MAX_ENTRIES; count++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    if (end - at <= MAX_LINE) yield text.slice(at, end).split(":");
    at = end + 1;
  }
}

/**
 * The users and groups of two files (passwd(5), group(5)). The first entry of an id counts; lines that are none, and
 * NIS lines ("+…"), are passed over.
 *
 * @param passwd bytes of /etc/passwd as byte string; undefined where there is none.
 */
export function parseUsers(passwd: ByteString | undefined, group: ByteString | undefined): UserDatabase {
  const users = new Map<number, UserEntry>();
  const groups = new Map<number, GroupEntry>();
  let weight = 0;
  for (const [name, , uid, , , home, shell] of records(passwd ?? "")) {
    const id = idOf(uid);
    if (name === undefined || name === "" || id === undefined || users.has(id)) continue;
    users.set(id, { name, home: home ?? "", shell: shell ?? "" });
    weight += 64 + name.length + (home?.length ?? 0) + (shell?.length ?? 0);
  }
  for (const [name, , gid] of records(group ?? "")) {
    const id = idOf(gid);
    if (name === undefined || name === "" || id === undefined || groups.has(id)) continue;
    groups.set(id, { name });
    weight += 64 + name.length;
  }
  return { users, groups, weight };
}
