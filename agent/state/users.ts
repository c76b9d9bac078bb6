/**
 * Names of users and groups, of the host and of each container. Look-ups answer from memory at once; files are read
 * elsewhere (a worker), when a container is first seen, when an id is not found, and again after a while.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { parseUsers, type GroupEntry, type UserDatabase, type UserEntry } from "./user-database.ts";
import type { ByteString, Process, Users } from "./types.ts";

/** A file below some root: its bytes, and what changes when it does. */
export interface RootFile {
  readonly bytes: Uint8Array;
  /** Device, inode, size and times in one text. */
  readonly stamp: string;
}

/**
 * Reads a file as a process sees it, never outside its root and never waiting (design.md 3.14,
 * agent/capture/read-in-root.ts); undefined where there is none, or none that may be read.
 */
export type ReadInRoot = (pid: number, path: string) => RootFile | undefined;

/** What a root's two files hold: plain data, so that a worker can post it. */
export interface UserFiles {
  readonly passwd: ByteString | undefined;
  readonly group: ByteString | undefined;
  readonly stamp: string;
}

/**
 * Reads both files of a process's root. `stamp` is equal when both files are. Undefined where the process is gone: that
 * says nothing of its container.
 */
export function readUserFiles(read: ReadInRoot, pid: number, proc = "/proc"): UserFiles | undefined {
  const passwd = read(pid, "/etc/passwd");
  const group = read(pid, "/etc/group");
  if (passwd === undefined && group === undefined && !existsSync(`${proc}/${pid}`)) return undefined;
  const text = (file: RootFile | undefined): ByteString | undefined =>
    file === undefined ? undefined : Buffer.from(file.bytes).toString("latin1");
  return { passwd: text(passwd), group: text(group), stamp: `${passwd?.stamp ?? ""} ${group?.stamp ?? ""}` };
}

export interface UserNamesOptions {
  /** Called when a container's files should be read; answer with `learn`. `pid` is a process in it. */
  readonly request: (containerId: string, pid: number) => void;
  /** ns, any steady clock. */
  readonly now: () => bigint;
  /** How many databases are kept (2,048), and of how many bytes together (16 MiB; a shared one counts for each). */
  readonly databases?: number;
  readonly bytes?: number;
}

interface Known {
  /** Undefined: not read yet. */
  database: UserDatabase | undefined;
  stamp: string;
  askedAt: bigint;
}

const SECOND = 1_000_000_000n;
/** How many texts are remembered by their digest, so that containers of one image share what was parsed. */
const SHARED = 64;
/** How long an answer is taken as fresh. */
const FRESH = 30n * SECOND;
/** How long an id that was not found is not asked for again. */
const RETRY = SECOND;

export class UserNames implements Users {
  private readonly known = new Map<string, Known>();
  private readonly options: UserNamesOptions;
  /** Databases that are still in use somewhere, by the digest of their two files. */
  private readonly shared = new Map<string, WeakRef<UserDatabase>>();
  private weight = 0;
  /** Databases dropped for want of room. */
  evicted = 0;

  constructor(options: UserNamesOptions) {
    this.options = options;
  }

  user(uid: number, process: Process | undefined): UserEntry | undefined {
    return this.find(process, (database) => database.users.get(uid));
  }

  group(gid: number, process: Process | undefined): GroupEntry | undefined {
    return this.find(process, (database) => database.groups.get(gid));
  }

  /** Asks for a container's files ahead of the first look-up: State's onContainer. */
  prepare(containerId: string, pid: number): void {
    if (!this.known.has(containerId)) this.ask(containerId, pid);
  }

  /** Takes in what `request` asked for; a stamp seen before costs nothing. Without files it stays as it was. */
  learn(containerId: string, files: UserFiles | undefined): void {
    if (files === undefined) return;
    const known = this.known.get(containerId);
    if (known?.database !== undefined && known.stamp === files.stamp) return;
    const database = this.parse(files);
    if (known === undefined)
      this.keep(containerId, { database, stamp: files.stamp, askedAt: this.options.now() });
    else {
      this.weight -= known.database?.weight ?? 0;
      known.database = database;
      known.stamp = files.stamp;
    }
    this.weight += database.weight;
    this.makeRoom(containerId);
  }

  /** What the files hold: the same object for the same bytes. */
  private parse({ passwd, group }: UserFiles): UserDatabase {
    const digest = createHash("sha256")
      .update(JSON.stringify([passwd, group]))
      .digest("base64");
    const known = this.shared.get(digest)?.deref();
    if (known !== undefined) return known;
    const database = parseUsers(passwd, group);
    this.shared.delete(digest);
    this.shared.set(digest, new WeakRef(database));
    if (this.shared.size > SHARED) {
      const [oldest] = this.shared.keys();
      this.shared.delete(oldest!);
    }
    return database;
  }

  private find<T>(
    process: Process | undefined,
    look: (database: UserDatabase) => T | undefined,
  ): T | undefined {
    const id = process?.container.id ?? "host";
    // A process whose container nobody could tell has no files that would be surely its own.
    if (id === "") return undefined;
    const known = this.known.get(id);
    if (known === undefined) {
      this.ask(id, process?.pid ?? 1);
      return undefined;
    }
    const found = known.database === undefined ? undefined : look(known.database);
    const age = this.options.now() - known.askedAt;
    if (age > FRESH || (found === undefined && age > RETRY)) this.ask(id, process?.pid ?? 1);
    // A root without users of its own (an image of one program): the host's names, as Falco has it.
    if (found === undefined && id !== "host" && known.database?.users.size === 0)
      return this.find(undefined, look);
    return found;
  }

  private ask(containerId: string, pid: number): void {
    const known = this.known.get(containerId);
    const now = this.options.now();
    if (known === undefined) {
      this.keep(containerId, { database: undefined, stamp: "", askedAt: now });
      this.makeRoom(containerId);
    } else known.askedAt = now;
    // Process 1 stands for the host: whose container is "host" may still live in another root (chroot).
    this.options.request(containerId, containerId === "host" ? 1 : pid);
  }

  private keep(containerId: string, known: Known): void {
    this.known.set(containerId, known);
  }

  private makeRoom(spared: string): void {
    const databases = this.options.databases ?? 2_048;
    const bytes = this.options.bytes ?? 16_777_216;
    if (this.known.size <= databases && this.weight <= bytes) return;
    for (const [id, known] of this.known) {
      if (this.known.size <= databases && this.weight <= bytes) return;
      if (id === spared || id === "host") continue;
      this.known.delete(id);
      this.weight -= known.database?.weight ?? 0;
      this.evicted++;
    }
  }
}
