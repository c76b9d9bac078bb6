/** proc.*: the process that made the call, its ancestors, its session and group. */
import { HEADER } from "../events/record.ts";
import { narrow } from "../events/record-view.ts";
import { taskCount, type TaskCount } from "../events/task-facts.ts";
import { ancestor, ancestors, oldestInLine } from "./ancestors.ts";
import type { SyscallContext } from "./context.ts";
import { field, fieldOf, missing, type Field, type Read } from "./field.ts";
import { args, commandLine, environment, executableLine, ownName, variable } from "./process-texts.ts";
import { streamName, streamType } from "./streams.ts";
import type { Process } from "../state/types.ts";

/** EXE_FLAGS (events.md 5). */
const exe = { writable: 1, upperLayer: 2, memfd: 4, lowerLayer: 8 } as const;

const unknownId = 0xffffffff;
/** An id of the header; missing where the kernel had none. */
const id =
  (offset: number): Read =>
  (c) => {
    const value = c.record.u32(offset);
    return value === unknownId ? undefined : value;
  };

/** What the kernel counts of the task; missing where the record does not say. */
const count =
  (name: TaskCount): Read =>
  (c) =>
    taskCount(c.record, name);

const flag =
  (bit: number): Read =>
  (c) =>
    c.process === undefined ? undefined : (c.process.exeFlags & bit) !== 0;

/** ns since the epoch of a time since boot; undefined where that is not known. */
const wallClock = (c: SyscallContext, sinceBoot: bigint | undefined): bigint | undefined =>
  sinceBoot === undefined || sinceBoot === 0n ? undefined : c.host.bootTime + sinceBoot;

const time = (value: bigint | undefined) => (value === undefined ? undefined : narrow(value));
const positive = (value: bigint | undefined) =>
  value === undefined || value <= 0n ? undefined : narrow(value);

function since(c: SyscallContext, start: bigint | undefined): number | bigint | undefined {
  if (start === undefined) return undefined;
  const duration = c.time - start;
  return narrow(duration < 0n ? 0n : duration);
}

/** A leader is the process that the id names, or where it is gone the oldest of the line with the same id. */
const sessionLeader = (c: SyscallContext) => leader(c, (p) => p.sid);
const groupLeader = (c: SyscallContext) => leader(c, (p) => p.pgid);
/** The group has one leader, however the namespace counts. */
const groupLeaderInNamespace = groupLeader;

function leader(c: SyscallContext, idOf: (process: Process) => number): Process | undefined {
  const { process } = c;
  if (process === undefined) return undefined;
  const wanted = idOf(process);
  if (wanted === process.pid) return process;
  const named = wanted === 0 ? undefined : c.host.process(wanted);
  return named ?? oldestInLine(process, (candidate) => idOf(candidate) === wanted);
}

/** A field of one ancestor by index, or of any of them without. */
const ofAncestors =
  (read: (process: Process) => string | number) =>
  (argument: string | undefined): Read => {
    if (argument === undefined)
      return (c) => {
        const found = ancestors(c.process);
        return found.length === 0 ? undefined : found.map(read);
      };
    const n = Number(argument);
    if (n < 0) return missing;
    return (c) => {
      const found = ancestor(c.process, n);
      return found === undefined ? undefined : read(found);
    };
  };
const joined =
  (read: (process: Process) => string): Read =>
  (c) => {
    const found = ancestors(c.process);
    return found.length === 0 ? undefined : found.map(read).join(" ");
  };
/** How ancestor fields without index compare. */
const any = { quantifier: "any", noTransformer: true, noRightHandSide: true } as const;
const ancestorIndex = ["optional", "index"] as const;

function ancestorArgs(argument: string | undefined): Read {
  return argument === undefined ? joined(args) : ofAncestors(args)(argument);
}

function ancestorEnvironment(argument: string | undefined): Read {
  if (argument === undefined || /^\d+$/.test(argument)) return ofAncestors(environment)(argument);
  return (c) => {
    if (c.process === undefined) return undefined;
    for (const at of ancestors(c.process).slice(0, 20)) {
      const value = variable(at, argument);
      if (value !== undefined) return value;
    }
    return "";
  };
}

function argumentAt(argument: string | undefined): Read {
  if (argument === undefined) return (c) => (c.process === undefined ? undefined : args(c.process));
  const n = Number(argument);
  if (n < 0) return missing;
  return (c) => (c.process === undefined ? undefined : (c.process.args[n] ?? ""));
}

function variableOf(argument: string | undefined): Read {
  if (argument === undefined) return (c) => (c.process === undefined ? undefined : environment(c.process));
  return (c) => (c.process === undefined ? undefined : (variable(c.process, argument) ?? ""));
}

function loginShell(c: SyscallContext): number | undefined {
  let found: number | undefined;
  for (let at = c.process, n = 0; at !== undefined && n < 256; at = at.parent, n++)
    if (at.comm.endsWith("sh")) found = at.pid;
  return found;
}

// prettier-ignore
export const processFields: readonly Field[] = [
  field("proc.exe", "CHARBUF", "First argument of the command line, argv[0].", "proc.exe = /bin/sh", (c) => c.process?.exe),
  field("proc.pexe", "CHARBUF", "argv[0] of the parent.", "proc.pexe = /usr/sbin/sshd", (c) => c.process?.parent?.exe),
  fieldOf("proc.aexe", "CHARBUF", ancestorIndex, "argv[0] of an ancestor: [1] is the parent; without an index, of any of them.", "proc.aexe[1] endswith /sshd", ofAncestors((p) => p.exe), any),
  field("proc.exepath", "CHARBUF", "Resolved path of the program; of a script, its interpreter.", "proc.exepath = /usr/bin/bash", (c) => c.process?.exePath),
  field("proc.pexepath", "CHARBUF", "Resolved path of the parent's program.", "proc.pexepath = /usr/sbin/sshd", (c) => c.process?.parent?.exePath),
  fieldOf("proc.aexepath", "CHARBUF", ancestorIndex, "Resolved path of an ancestor's program: [1] is the parent; without an index, of any of them.", "proc.aexepath[1] startswith /usr/sbin/", ofAncestors((p) => p.exePath), any),
  field("proc.name", "CHARBUF", "Name of the process, at most 15 bytes; a thread that renamed itself shows its own.", "proc.name = cat", (c) => (c.process === undefined ? undefined : ownName(c.process, c.record.tid))),
  field("proc.pname", "CHARBUF", "Name of the parent.", "proc.pname = sshd", (c) => c.process?.parent?.comm),
  fieldOf("proc.aname", "CHARBUF", ancestorIndex, "Name of an ancestor: [0] is the process, [1] its parent; without an index, of any ancestor.", "proc.aname[2] = sshd", ofAncestors((p) => p.comm), any),
  fieldOf("proc.args", "CHARBUF", ["optional", "index"], "The arguments behind argv[0], separated by blanks; with an index one of them, counted from 0.", 'proc.args contains "-i"', argumentAt),
  fieldOf("proc.aargs", "CHARBUF", ancestorIndex, "Arguments of an ancestor; without an index, those of all ancestors as one text.", 'proc.aargs[1] contains "-c"', ancestorArgs),
  field("proc.cmdline", "CHARBUF", "Name of the process and its arguments.", 'proc.cmdline = "cat /etc/passwd"', (c) => (c.process === undefined ? undefined : commandLine(c.process, ownName(c.process, c.record.tid)))),
  field("proc.pcmdline", "CHARBUF", "Name of the parent and its arguments.", 'proc.pcmdline startswith "sh -c"', (c) => parentCommandLine(c.process?.parent)),
  fieldOf("proc.acmdline", "CHARBUF", ancestorIndex, "Name and arguments of an ancestor: [1] is the parent; without an index, of any of them.", 'proc.acmdline[1] startswith "sh -c"', ofAncestors((p) => commandLine(p, p.comm)), any),
  field("proc.cmdnargs", "UINT64", "Number of arguments behind argv[0].", "proc.cmdnargs > 10", (c) => c.process?.args.length),
  field("proc.cmdlenargs", "UINT64", "Length in bytes of these arguments together.", "proc.cmdlenargs > 1000", (c) => c.process?.args.reduce((sum, argument) => sum + argument.length, 0)),
  field("proc.exeline", "CHARBUF", "argv[0] and the arguments.", 'proc.exeline startswith "/bin/sh -c"', (c) => (c.process === undefined ? undefined : executableLine(c.process))),
  fieldOf("proc.env", "CHARBUF", ["optional", "key"], "The environment as NAME=value texts, or the value of one variable, empty where it is not set.", 'proc.env[LD_PRELOAD] != ""', variableOf),
  fieldOf("proc.aenv", "CHARBUF", ["optional", "key"], "Environment of ancestors: [NAME] is the variable of the nearest one that has it, [n] all of ancestor n.", "proc.aenv[SSH_CLIENT] contains 10.", ancestorEnvironment, any),
  field("proc.cwd", "CHARBUF", "Working directory with a slash at its end.", "proc.cwd startswith /tmp/", (c) => workingDirectory(c.process)),
  field("proc.loginshellid", "INT64", "Process id of the oldest ancestor whose name ends in sh.", "proc.loginshellid > 1", loginShell),
  field("proc.tty", "UINT32", "Number of the controlling terminal, 0 for none.", "proc.tty != 0", (c) => c.record.u32(HEADER.tty)),
  field("proc.pid", "INT64", "Process id, as the node sees it.", "proc.pid > 1", (c) => c.record.pid),
  field("proc.ppid", "INT64", "Process id of the parent.", "proc.ppid = 1", (c) => c.process?.parent?.pid),
  fieldOf("proc.apid", "INT64", ancestorIndex, "Process id of an ancestor: [1] is the parent; without an index, of any ancestor.", "proc.apid[2] = 1", ofAncestors((p) => p.pid), any),
  field("proc.vpid", "INT64", "Process id in the process's own PID namespace.", "proc.vpid = 1", id(HEADER.vpid)),
  field("proc.pvpid", "INT64", "Process id of the parent in its own PID namespace.", "proc.pvpid = 1", (c) => c.process?.parent?.vpid),
  field("proc.sid", "INT64", "Session id, in the process's own PID namespace.", "proc.sid = 1", id(HEADER.vsid)),
  field("proc.sname", "CHARBUF", "Name of the session's leader.", "proc.sname = bash", (c) => sessionLeader(c)?.comm),
  field("proc.sid.exe", "CHARBUF", "argv[0] of the session's leader.", "proc.sid.exe = -bash", (c) => sessionLeader(c)?.exe),
  field("proc.sid.exepath", "CHARBUF", "Resolved path of the session leader's program.", "proc.sid.exepath = /usr/bin/bash", (c) => sessionLeader(c)?.exePath),
  field("proc.vpgid", "INT64", "Process group, in the process's own PID namespace.", "proc.vpgid = 1", id(HEADER.vpgid)),
  field("proc.vpgid.name", "CHARBUF", "Name of that group's leader.", "proc.vpgid.name = bash", (c) => groupLeaderInNamespace(c)?.comm),
  field("proc.vpgid.exe", "CHARBUF", "argv[0] of that group's leader.", "proc.vpgid.exe = bash", (c) => groupLeaderInNamespace(c)?.exe),
  field("proc.vpgid.exepath", "CHARBUF", "Resolved path of the program of that group's leader.", "proc.vpgid.exepath = /usr/bin/bash", (c) => groupLeaderInNamespace(c)?.exePath),
  field("proc.pgid", "INT64", "Process group, as the node sees it.", "proc.pgid > 1", id(HEADER.pgid)),
  field("proc.pgid.name", "CHARBUF", "Name of the process group's leader.", "proc.pgid.name = bash", (c) => groupLeader(c)?.comm),
  field("proc.pgid.exe", "CHARBUF", "argv[0] of the process group's leader.", "proc.pgid.exe = bash", (c) => groupLeader(c)?.exe),
  field("proc.pgid.exepath", "CHARBUF", "Resolved path of the program of the process group's leader.", "proc.pgid.exepath = /usr/bin/bash", (c) => groupLeader(c)?.exePath),
  field("proc.duration", "RELTIME", "Nanoseconds since the process began.", "proc.duration < 5000000000", (c) => since(c, wallClock(c, c.process?.cloneTime))),
  field("proc.ppid.duration", "RELTIME", "Nanoseconds since the parent began.", "proc.ppid.duration < 5000000000", (c) => since(c, wallClock(c, c.process?.parent?.cloneTime))),
  field("proc.pid.ts", "RELTIME", "When the process began, ns since the epoch.", "proc.pid.ts > 1700000000000000000", (c) => time(wallClock(c, c.process?.cloneTime))),
  field("proc.ppid.ts", "RELTIME", "When the parent began, ns since the epoch.", "proc.ppid.ts > 1700000000000000000", (c) => time(wallClock(c, c.process?.parent?.cloneTime))),
  field("proc.is_exe_writable", "BOOL", "Whether the process's user may write to the program's file.", "proc.is_exe_writable = true", flag(exe.writable)),
  field("proc.is_exe_upper_layer", "BOOL", "Whether the program lies in the upper layer of an overlay: added or changed since the container began.", "proc.is_exe_upper_layer = true", flag(exe.upperLayer)),
  field("proc.is_exe_lower_layer", "BOOL", "Whether the program lies in a lower layer of an overlay: part of the image.", "proc.is_exe_lower_layer = true", flag(exe.lowerLayer)),
  field("proc.is_exe_from_memfd", "BOOL", "Whether the program was run from memory, by memfd_create.", "proc.is_exe_from_memfd = true", flag(exe.memfd)),
  field("proc.is_sid_leader", "BOOL", "Whether the process leads its session.", "proc.is_sid_leader = true", (c) => c.record.u32(HEADER.vsid) === c.record.u32(HEADER.vpid)),
  field("proc.is_vpgid_leader", "BOOL", "Whether the process leads its process group, in its own PID namespace.", "proc.is_vpgid_leader = true", (c) => c.record.u32(HEADER.vpgid) === c.record.u32(HEADER.vpid)),
  field("proc.is_pgid_leader", "BOOL", "Whether the process leads its process group.", "proc.is_pgid_leader = true", (c) => c.record.u32(HEADER.pgid) === c.record.pid),
  field("proc.exe_ino", "INT64", "Inode of the program's file.", "proc.exe_ino > 0", (c) => (c.process?.exeInode === 0 ? undefined : c.process?.exeInode)),
  field("proc.exe_ino.ctime", "ABSTIME", "When the inode of the program's file was last changed, ns since the epoch.", "proc.exe_ino.ctime > 1700000000000000000", (c) => positive(c.process?.exeChangeTime)),
  field("proc.exe_ino.mtime", "ABSTIME", "When the program's file was last written, ns since the epoch.", "proc.exe_ino.mtime > 1700000000000000000", (c) => positive(c.process?.exeModifyTime)),
  field("proc.exe_ino.ctime_duration_proc_start", "ABSTIME", "Nanoseconds from the last change of the program's inode to the start of the process.", "proc.exe_ino.ctime_duration_proc_start < 60000000000", sinceChange),
  field("proc.exe_ino.ctime_duration_pidns_start", "ABSTIME", "Nanoseconds from the start of the PID namespace to the last change of the program's inode.", "proc.exe_ino.ctime_duration_pidns_start > 0", changeInNamespace),
  field("proc.pidns_init_start_ts", "UINT64", "When the PID namespace's first process began, ns since the epoch.", "proc.pidns_init_start_ts > 1700000000000000000", (c) => time(wallClock(c, c.process?.pidnsStart))),
  field("proc.fdopencount", "UINT64", "Number of open descriptors, of the first 32,768.", "proc.fdopencount > 1000", count("fdopencount")),
  field("proc.fdlimit", "INT64", "Highest number of descriptors that the process may open.", "proc.fdlimit > 1024", count("fdlimit")),
  field("proc.fdusage", "DOUBLE", "Open descriptors in per cent of the limit.", "proc.fdusage > 90", descriptorUsage),
  field("proc.vmsize", "UINT64", "Size of the address space in kB.", "proc.vmsize > 1000000", count("vm_size")),
  field("proc.vmrss", "UINT64", "Resident memory in kB, as the kernel has added it up from its processors.", "proc.vmrss > 1000000", count("vm_rss")),
  field("proc.vmswap", "UINT64", "Swapped memory in kB.", "proc.vmswap > 1000000", count("vm_swap")),
  field("proc.nthreads", "UINT64", "Number of threads, the main one among them.", "proc.nthreads > 100", (c) => c.process?.threads),
  field("proc.nchilds", "UINT64", "Number of threads beside the main one; these are no child processes.", "proc.nchilds > 100", (c) => (c.process === undefined ? undefined : Math.max(c.process.threads - 1, 0))),
  ...(["stdin", "stdout", "stderr"] as const).flatMap((stream, n) => [
    field(`proc.${stream}.type`, "CHARBUF", `Type of what descriptor ${n} leads to.`, `proc.${stream}.type = pipe`, (c) => streamType(c, n)),
    field(`proc.${stream}.name`, "CHARBUF", `Name of what descriptor ${n} leads to; empty where it has none.`, `proc.${stream}.name = /dev/null`, (c) => streamName(c, n)),
  ]),
];

function descriptorUsage({ record }: SyscallContext): number | undefined {
  const open = taskCount(record, "fdopencount");
  const limit = taskCount(record, "fdlimit");
  if (open === undefined || limit === undefined) return undefined;
  return Number(limit) === 0 ? 0 : (100 * Number(open)) / Number(limit);
}

function parentCommandLine(parent: Process | undefined): string | undefined {
  return parent === undefined ? undefined : commandLine(parent, parent.comm);
}

function workingDirectory(process: Process | undefined): string | undefined {
  if (process === undefined || process.cwd === "") return process?.cwd;
  return process.cwd.endsWith("/") ? process.cwd : `${process.cwd}/`;
}

function sinceChange(c: SyscallContext): number | bigint | undefined {
  const start = wallClock(c, c.process?.cloneTime);
  const changed = c.process?.exeChangeTime;
  if (start === undefined || changed === undefined || changed === 0n) return undefined;
  return positive(start - changed);
}

function changeInNamespace(c: SyscallContext): number | bigint | undefined {
  const start = wallClock(c, c.process?.pidnsStart);
  const changed = c.process?.exeChangeTime;
  if (start === undefined || changed === undefined || changed === 0n) return undefined;
  return positive(changed - start);
}
