/**
 * The node's processes, kept from the record stream: forks, execs and exits change the tree, and the header of every
 * record mends what a lost one left wrong. Runs on the capture thread, before the engine sees the event, and reads no
 * file: what only /proc knows is asked for through `lookup` and comes back through `complete`.
 *
 * Order at start: attach capture, scan /proc (scan.ts, in a worker), `load` the facts, then apply the records that
 * queued up meanwhile. A record of an exec is later than any reading it could contradict, or says the same; a fork
 * of a process that is already there changes nothing; an exit is in the queue because capture was attached first.
 */
import { narrow, type RecordView } from "../events/record-view.ts";
import { HEADER, parts, recordFlags } from "../events/record.ts";
import { eventCode } from "../events/table.ts";
import type { CgroupPaths } from "./cgroup-paths.ts";
import { unknownContainer } from "./container-id.ts";
import { probeLike } from "./container-probes.ts";
import { exePathOf } from "./exe-path.ts";
import { TICK, type ProcessFacts } from "./facts.ts";
import { ProcessEntry } from "./process-entry.ts";
import { ProcessTable } from "./process-table.ts";
import type { ByteString, Container, ContainerProbe, Process } from "./types.ts";

export interface StateOptions {
  readonly cgroups: CgroupPaths;
  /** How many processes are kept (32,768). */
  readonly processes?: number;
  /** How many bytes of arguments and environments they may have together (64 MiB). */
  readonly textBytes?: number;
  /** How many names of threads that differ from their process's are kept (65,536). */
  readonly threadNames?: number;
  /**
   * Called when a record shows a process that state knows nothing else of: read it from /proc elsewhere and give the
   * result to `complete`. At most `lookups` (1,024) wait at once.
   */
  readonly lookup?: (pid: number) => void;
  readonly lookups?: number;
  /** Called once for each container when its first process is seen, with that process's id. */
  readonly onContainer?: (container: Container, pid: number) => void;
}

const FORK = eventCode("task_fork");
const EXECVE = eventCode("execve");
const EXECVEAT = eventCode("execveat");
const EXIT = eventCode("procexit");
const UNSHARE = eventCode("unshare");
const CGROUP = eventCode("cgroup_mkdir");

/** Parts of task_fork, procexit and cgroup_mkdir (agent/events/table.ts). */
const fork = { PID: 0, START: 2, VPID: 3, CGROUP: 5, PIDNS: 6, THREAD: 7, PARENT: 8 };
const exit = { REAPER: 0, ALIVE: 1 };
const newCgroup = { ID: 0, PATH: 1 };

/** How many exited processes in a row stay reachable as ancestors. */
const EXITED_ANCESTORS = 16;

export class State {
  private readonly table: ProcessTable;
  private readonly cgroups: CgroupPaths;
  private readonly options: StateOptions;
  private readonly maxThreadNames: number;
  private readonly maxLookups: number;
  private readonly waiting = new Set<number>();
  private readonly containersSeen = new WeakSet<Container>();
  private threadNameCount = 0;
  /** The thread whose exit was the last record: its own event may still ask for its name. */
  private endedIn: ProcessEntry | undefined;
  private endedThread = 0;
  /** What went wrong or was left out, since start. */
  readonly counters = {
    /** Processes first seen by a record of their own, neither by a fork nor by the scan. */
    unknown: 0,
    /** Lookups not asked for because too many waited. */
    lookupsRefused: 0,
    /** Processes whose id came again before their exit was seen. */
    exitsMissed: 0,
    /** Records of a process older than the one that has its id now. */
    stale: 0,
    /** Thread names not kept for want of room. */
    threadNamesRefused: 0,
  };

  constructor(options: StateOptions) {
    this.options = options;
    this.cgroups = options.cgroups;
    this.table = new ProcessTable({
      capacity: options.processes ?? 32_768,
      text: options.textBytes ?? 67_108_864,
      onEvict: (entry) => (this.threadNameCount -= entry.threadNames?.size ?? 0),
    });
    this.maxThreadNames = options.threadNames ?? 65_536;
    this.maxLookups = options.lookups ?? 1_024;
  }

  /** Live processes in the table. */
  get size(): number {
    return this.table.size;
  }
  /** Processes pushed out of the full table since start. */
  get evicted(): number {
    return this.table.evicted;
  }

  /** The live process with this id; undefined where the table has none. */
  process(pid: number): Process | undefined {
    return this.table.get(pid);
  }

  /** All processes of the table. */
  processes(): IterableIterator<Process> {
    return this.table.values();
  }

  /** The process of a container that is there longest; undefined where the table has none. */
  processIn({ id }: Container): Process | undefined {
    return this.table.firstOf(id);
  }

  /**
   * Takes one record in and returns the process it is about, as it is after the event; undefined for the idle task.
   * Never throws for what a record holds.
   */
  apply(record: RecordView): Process | undefined {
    const { type, pid } = record;
    if (this.endedIn !== undefined) this.forgetThread(this.endedIn, this.endedThread);
    if (type === CGROUP) this.learnCgroup(record);
    if (pid === 0) return undefined;
    const entry = this.whose(record, pid, type === EXIT);
    if (type === FORK) this.fork(entry, record);
    else if (type === EXECVE || type === EXECVEAT) {
      if (record.ret === 0) this.exec(entry, record);
    } else if (type === EXIT) this.exit(entry, record);
    return entry;
  }

  /** The entry that the record's header means, healed by it. */
  private whose(record: RecordView, pid: number, ending: boolean): ProcessEntry {
    const low = record.u32(HEADER.start_time);
    const high = record.u32(HEADER.start_time + 4);
    const entry = this.table.get(pid);
    if (entry !== undefined && (entry.startLow !== low || entry.startHigh !== high)) {
      const start = record.u64(HEADER.start_time);
      if (entry.coarse && start / TICK === entry.startTime / TICK) {
        const unchanged = entry.cloneTime === entry.startTime;
        entry.setStart(start);
        entry.coarse = false;
        if (unchanged) entry.cloneTime = start;
      } else if (start > entry.startTime) {
        this.counters.exitsMissed++;
        this.bury(entry, undefined);
        return this.unknown(record, pid, start, ending);
      } else {
        this.counters.stale++;
        return detached(this.fromHeader(record, pid, start));
      }
    }
    if (entry === undefined) return this.unknown(record, pid, record.u64(HEADER.start_time), ending);
    this.heal(entry, record);
    return entry;
  }

  private unknown(record: RecordView, pid: number, start: bigint, ending: boolean): ProcessEntry {
    const entry = this.fromHeader(record, pid, start);
    if (ending) return detached(entry);
    this.counters.unknown++;
    this.table.add(entry);
    this.ask(pid);
    return entry;
  }

  /** A process of which only a header is known; not in the table yet. */
  private fromHeader(record: RecordView, pid: number, start: bigint): ProcessEntry {
    const entry = new ProcessEntry(pid, start);
    entry.minimal = true;
    entry.cloneTime = start;
    entry.comm = entry.seenComm = record.comm;
    this.heal(entry, record);
    return entry;
  }

  private ask(pid: number): void {
    if (this.options.lookup === undefined || this.waiting.has(pid)) return;
    if (this.waiting.size >= this.maxLookups) {
      this.counters.lookupsRefused++;
      return;
    }
    this.waiting.add(pid);
    this.options.lookup(pid);
  }

  private heal(entry: ProcessEntry, record: RecordView): void {
    if (!record.taskIs(entry.task) || this.hasNewParent(entry)) {
      this.takeHeader(entry, record);
      record.keepTask(entry.task);
    }
    if (record.partLength(parts.CWD) >= 0 && !record.partIs(parts.CWD, entry.cwd))
      entry.cwd = record.text(parts.CWD) ?? "";
  }

  /** Whether the parent stands in the table by now, and is not linked to. */
  private hasNewParent(entry: ProcessEntry): boolean {
    return entry.ppid !== 0 && entry.parent?.listed !== true && this.table.get(entry.ppid) !== undefined;
  }

  private takeHeader(entry: ProcessEntry, record: RecordView): void {
    const ppid = record.u32(HEADER.ppid);
    if (entry.ppid !== ppid || (ppid !== 0 && entry.parent?.listed !== true)) this.relink(entry, ppid);
    entry.vpid = record.u32(HEADER.vpid);
    entry.pgid = record.u32(HEADER.pgid);
    entry.sid = record.u32(HEADER.sid);
    entry.vpgid = record.u32(HEADER.vpgid);
    entry.vsid = record.u32(HEADER.vsid);
    entry.pidns = record.u32(HEADER.pidns);
    entry.uid = record.u32(HEADER.uid);
    entry.gid = record.u32(HEADER.gid);
    entry.loginuid = record.u32(HEADER.loginuid);
    entry.tty = record.u32(HEADER.tty);
    if (record.type !== UNSHARE) record.keepCapabilities(entry.capabilities);
    if (entry.cgroupLow !== record.u32(HEADER.cgroup) || entry.cgroupHigh !== record.u32(HEADER.cgroup + 4))
      this.enterCgroup(entry, record.u64(HEADER.cgroup));
    if ((record.flags & recordFlags.LEADER) !== 0) {
      if (!record.commIs(entry.seenComm)) entry.comm = entry.seenComm = record.comm;
    } else this.nameThread(entry, record);
  }

  /** Links to the parent that the kernel names. One that is not in the table is kept if it has that id, else dropped. */
  private relink(entry: ProcessEntry, ppid: number): void {
    const parent = ppid === 0 ? undefined : this.table.get(ppid);
    if (parent !== undefined && parent !== entry) entry.adopt(parent);
    else if (entry.parent?.pid !== ppid) entry.adopt(undefined);
    entry.ppid = ppid;
  }

  private enterCgroup(entry: ProcessEntry, cgroup: bigint): void {
    entry.setCgroup(cgroup);
    this.setContainer(entry, this.cgroups.container(cgroup));
  }

  private setContainer(entry: ProcessEntry, container: Container): void {
    if (entry.container !== container) this.table.update(entry, () => (entry.container = container));
    if (this.containersSeen.has(container) || container === unknownContainer) return;
    this.containersSeen.add(container);
    this.cgroups.see(container, entry);
    this.options.onContainer?.(container, entry.pid);
  }

  /** Keeps the name of a thread that differs from its main thread's. */
  private nameThread(entry: ProcessEntry, record: RecordView): void {
    const { threadNames } = entry;
    if (record.commIs(entry.seenComm)) {
      if (threadNames !== undefined && threadNames.delete(record.tid)) this.threadNameCount--;
      return;
    }
    const known = threadNames?.get(record.tid);
    if (known !== undefined && record.commIs(known)) return;
    if (known === undefined) {
      if (this.threadNameCount >= this.maxThreadNames) {
        this.counters.threadNamesRefused++;
        return;
      }
      this.threadNameCount++;
    }
    (entry.threadNames ??= new Map()).set(record.tid, record.comm);
  }

  private forgetThread(entry: ProcessEntry, tid: number): void {
    this.endedIn = undefined;
    entry.task.length = 0;
    if (entry.listed && entry.threadNames?.delete(tid) === true) this.threadNameCount--;
  }

  private fork(parent: ProcessEntry, record: RecordView): void {
    if (record.number(fork.THREAD) === 1) {
      parent.threads++;
      return;
    }
    const pid = record.number(fork.PID);
    const start = record.number(fork.START);
    if (typeof pid !== "number" || pid <= 0 || start === undefined) return;
    const startTime = BigInt(start);
    const there = this.table.get(pid);
    if (there !== undefined) {
      const same = there.coarse ? startTime / TICK === there.startTime / TICK : startTime === there.startTime;
      if (same || startTime < there.startTime) return;
      this.counters.exitsMissed++;
      this.bury(there, undefined);
    }
    const child = new ProcessEntry(pid, startTime);
    child.inherit(parent);
    // A thread hands its own name on, not its process's.
    const name = parent.threadNames?.get(record.tid);
    if (name !== undefined) child.comm = child.seenComm = name;
    child.cloneTime = startTime;
    child.settledAt = record.time;
    child.vpid = asId(record.number(fork.VPID));
    const pidns = asId(record.number(fork.PIDNS));
    if (pidns !== 0 && pidns !== parent.pidns) {
      child.pidns = pidns;
      child.pidnsStart = child.vpid === 1 ? startTime : 0n;
    }
    const cgroup = BigInt(record.number(fork.CGROUP) ?? 0);
    child.container = parent.container;
    child.setCgroup(parent.cgroup);
    this.table.add(child);
    const ppid = record.number(fork.PARENT);
    // CLONE_PARENT makes it a child of its maker's parent.
    if (typeof ppid === "number" && ppid !== parent.pid) this.relink(child, ppid);
    else child.adopt(parent);
    if (cgroup !== 0n && cgroup !== parent.cgroup) this.enterCgroup(child, cgroup);
  }

  private exec(entry: ProcessEntry, record: RecordView): void {
    entry.comm = entry.seenComm = record.comm;
    this.table.update(entry, () => {
      entry.setArgs(record.text(parts.ARGS) ?? "");
      entry.setEnv(record.text(parts.ENV));
    });
    record.keepCapabilities(entry.capabilities);
    entry.exeFlags = record.exe32(parts.EXE, "flags");
    entry.exePath = exePathOf(record.text(parts.EXE_PATH) ?? "", entry.exeFlags);
    entry.exeInode = narrow(record.exe64(parts.EXE, "ino"));
    entry.exeChangeTime = record.exe64(parts.EXE, "ctime");
    entry.exeModifyTime = record.exe64(parts.EXE, "mtime");
    const pidnsStart = record.exe64(parts.EXE, "pidns_start");
    if (pidnsStart !== 0n) entry.pidnsStart = pidnsStart;
    entry.cloneTime = entry.settledAt = record.time;
    entry.minimal = false;
    entry.threads = 1;
    this.threadNameCount -= entry.threadNames?.size ?? 0;
    entry.threadNames = undefined;
    // Handed on by fork and kept over exec: `sh -c` runs what it was given in its own place.
    if (entry.probe === undefined && entry.container.facts !== undefined) entry.probe = probeOf(entry);
  }

  private exit(entry: ProcessEntry, record: RecordView): void {
    const alive = record.number(exit.ALIVE);
    entry.threads = alive === undefined ? Math.max(0, entry.threads - 1) : Number(alive);
    if (entry.threads > 0) {
      this.endedIn = entry;
      this.endedThread = record.tid;
      return;
    }
    const reaper = record.number(exit.REAPER);
    this.bury(entry, typeof reaper === "number" && reaper > 0 ? this.table.get(reaper) : undefined);
  }

  /**
   * Ends a process. Its children go to `reaper`. Where that is not known they keep the exited process as parent until a
   * record's header names the new one, so that a chain of short-lived processes still shows its ancestors.
   */
  private bury(entry: ProcessEntry, reaper: ProcessEntry | undefined): void {
    entry.exited = true;
    if (!entry.listed) return;
    this.table.remove(entry);
    entry.parent?.children?.delete(entry);
    this.threadNameCount -= entry.threadNames?.size ?? 0;
    const children = entry.children;
    entry.children = undefined;
    if (children === undefined || children.size === 0) return;
    if (reaper !== undefined && reaper !== entry) {
      for (const child of children) {
        child.parent = undefined;
        child.adopt(reaper);
        child.ppid = reaper.pid;
      }
      return;
    }
    let last: ProcessEntry = entry;
    for (let i = 1; i < EXITED_ANCESTORS && last.parent?.exited === true; i++) last = last.parent;
    if (last.parent?.exited === true) last.parent = undefined;
  }

  /**
   * Takes in a reading of all of /proc: at start, and again after drops. What records said after a process was read
   * stays; processes that were there before the reading began and are not in it have ended unseen.
   */
  load(all: readonly ProcessFacts[]): void {
    if (all.length === 0) return;
    const pids = new Set<number>();
    let begun = all[0]!.readAt;
    for (const facts of all) {
      pids.add(facts.pid);
      if (facts.readAt < begun) begun = facts.readAt;
      this.take(facts, true);
    }
    for (const facts of all) {
      const entry = this.table.get(facts.pid);
      if (entry !== undefined && entry.parent === undefined && entry.ppid === facts.ppid)
        this.relink(entry, facts.ppid);
    }
    for (const entry of this.table.values())
      if (!pids.has(entry.pid) && entry.settledAt < begun && entry.startTime < begun - TICK) {
        this.counters.exitsMissed++;
        this.bury(entry, undefined);
      }
  }

  /** The answer to `lookup`: what /proc says of one process; undefined where it is gone or unreadable. */
  complete(pid: number, facts: ProcessFacts | undefined): void {
    this.waiting.delete(pid);
    if (facts !== undefined) this.take(facts, false);
  }

  private take(facts: ProcessFacts, add: boolean): void {
    const known = this.table.get(facts.pid);
    if (known === undefined) {
      if (add) this.addFrom(facts);
      return;
    }
    const ticks = known.startTime / TICK;
    if (ticks === facts.startTicks) {
      if (known.minimal || known.settledAt < facts.readAt) this.refresh(known, facts);
    } else if (add && ticks < facts.startTicks) {
      this.counters.exitsMissed++;
      this.bury(known, undefined);
      this.addFrom(facts);
    }
  }

  private addFrom(facts: ProcessFacts): void {
    const entry = new ProcessEntry(facts.pid, facts.startTicks * TICK);
    entry.coarse = true;
    entry.cloneTime = entry.startTime;
    entry.ppid = facts.ppid;
    entry.pgid = facts.pgid;
    entry.sid = facts.sid;
    entry.tty = facts.tty;
    entry.vpid = facts.vpid;
    entry.vpgid = facts.vpgid;
    entry.vsid = facts.vsid;
    entry.uid = facts.uid;
    entry.gid = facts.gid;
    entry.loginuid = facts.loginuid;
    entry.pidns = facts.pidns;
    entry.setCapabilities(facts.capabilities);
    entry.minimal = true;
    this.table.add(entry);
    this.refresh(entry, facts);
  }

  /** Sets program and arguments from /proc. */
  private refresh(entry: ProcessEntry, facts: ProcessFacts): void {
    const sameProgram = !entry.minimal && entry.exePath === facts.exePath;
    entry.task.length = 0;
    if (entry.minimal || entry.seenComm !== facts.threadName) {
      entry.seenComm = facts.threadName;
      entry.comm = facts.comm;
    }
    if (!sameProgram) {
      entry.exePath = facts.exePath;
      entry.exeFlags = facts.exeFlags;
      entry.exeInode = facts.exeInode;
      entry.exeChangeTime = facts.exeChangeTime;
      entry.exeModifyTime = facts.exeModifyTime;
      // A program may overwrite its argument area later: what exec told stays (reports R20).
      this.table.update(entry, () => {
        entry.setArgs(facts.args);
        entry.setEnv(facts.env);
      });
    }
    if (facts.cwd !== "") entry.cwd = facts.cwd;
    entry.threads = facts.threads;
    entry.settledAt = facts.readAt;
    entry.minimal = false;
    // "/" is also what a process shows that is about to die (design.md 3.12).
    if (entry.container === unknownContainer && facts.cgroupPath !== undefined && facts.cgroupPath !== "/") {
      if (entry.cgroup === 0n) this.setContainer(entry, this.cgroups.ofPath(facts.cgroupPath));
      else this.learnCgroups([[entry.cgroup, facts.cgroupPath]]);
    }
  }

  /** Remembers the paths of cgroup ids and gives processes in them the container they are in. */
  learnCgroups(paths: Iterable<readonly [id: bigint, path: string]>): void {
    for (const [id, path] of paths) this.cgroups.learn(id, path);
    for (const entry of this.table.values())
      if (entry.container === unknownContainer && entry.cgroup !== 0n)
        this.setContainer(entry, this.cgroups.container(entry.cgroup));
  }

  /** The path of a cgroup that has just been made: nobody is in it yet. */
  private learnCgroup(record: RecordView): void {
    const id = record.number(newCgroup.ID);
    const path = record.text(newCgroup.PATH);
    if (id !== undefined && path !== undefined) this.cgroups.learn(BigInt(id), path);
  }

  /** The name of one thread of a process: its own where it differs, else the process's. */
  threadName(process: Process, tid: number): ByteString {
    return process.threadNames?.get(tid) ?? process.comm;
  }
}

/**
 * Which check of its container a process has just become: one that its command line says, and that was started from
 * outside. What runs within the container may have the same command line and is none.
 */
function probeOf(entry: ProcessEntry): ContainerProbe | undefined {
  const { container, parent } = entry;
  return parent === undefined || parent.container === container ? undefined : probeLike(container, entry);
}

/** `entry` as a process that nobody will hear of again: it knows its parent, but is no child that could be found. */
function detached(entry: ProcessEntry): ProcessEntry {
  entry.parent?.children?.delete(entry);
  return entry;
}

/** An id from a scalar part; 0 where it is absent or no id. */
function asId(value: number | bigint | undefined): number {
  return typeof value === "number" && value > 0 ? value : 0;
}
