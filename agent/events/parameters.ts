/**
 * Every event's parameters as values, in the table's order. Those that are not on the wire (table.ts) are taken from
 * the header, the facts, and the process where it is handed in.
 */
import { parseSocketAddress, addressText } from "./addresses.ts";
import { HEADER, fileFactFlags, parts } from "./record.ts";
import { fileAt, narrow, type RecordView } from "./record-view.ts";
import { socketTuple } from "./socket-names.ts";
import { taskCount, type TaskCount } from "./task-facts.ts";
import { events, type EventRow } from "./table.ts";
import { descriptorFlags, openFlags, openResult, toPortable, type FlagSetName } from "./translate.ts";

/** A parameter's value: flags are portable, texts byte strings; undefined is NULL, unreadable or unknown. */
export type ParameterValue = string | number | bigint | undefined;

/** What a parameter may need to know about the process; agent/state's Process fits. */
export interface ProcessFacts {
  readonly exe: string;
  readonly args: readonly string[];
  readonly env: readonly string[] | undefined;
  readonly cwd: string;
  readonly exePath: string;
  readonly exeFlags: number;
  readonly exeInode: number | bigint;
  readonly exeChangeTime: bigint;
  readonly exeModifyTime: bigint;
  readonly pidnsStart: bigint;
  readonly container: { readonly cgroupPath: string };
}

type ReadValue = (record: RecordView, process: ProcessFacts | undefined) => ParameterValue;

/** One parameter of one event. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly format: "dec" | "hex" | "oct";
  readonly set: FlagSetName | undefined;
  readonly position: number;
  readonly read: ReadValue;
}

const header32 =
  (offset: number): ReadValue =>
  (record) =>
    record.u32(offset);
const header64 =
  (offset: number): ReadValue =>
  (record) =>
    narrow(record.u64(offset));

/** Kernel's device number (major << 20 | minor) as user space writes it. */
export function deviceNumber(dev: number): number {
  const major = dev >>> 20;
  const minor = dev & 0xfffff;
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

const device: ReadValue = (record) => deviceNumber(record.file(parts.FILE, fileAt.dev));
const inode: ReadValue = (record) => record.fileInode(parts.FILE);

function layer(record: RecordView, upper: number, lower: number): number {
  const flags = record.file(parts.FILE, fileAt.flags);
  if ((flags & fileFactFlags.OVERLAY_UPPER) !== 0) return upper;
  return (flags & fileFactFlags.OVERLAY_LOWER) !== 0 ? lower : 0;
}

/** Flags of an open with what the kernel says about the file, from part `index`. */
const openedFlags =
  (index: number): ReadValue =>
  (record) => {
    const passed = record.number(index);
    if (passed === undefined) return undefined;
    const created =
      (record.file(parts.FILE, fileAt.flags) & fileFactFlags.CREATED) === 0 ? 0 : openResult.CREATED;
    return openFlags(passed) | created | layer(record, openResult.UPPER_LAYER, openResult.LOWER_LAYER);
  };

const tuple: ReadValue = (record) => socketTuple(record, false);
const acceptedTuple: ReadValue = (record) => socketTuple(record, true);

/** argv[0] of a started program, else of the process as it was. */
const exe: ReadValue = (record, process) => record.text(parts.ARGS)?.split("\0", 1)[0] ?? process?.exe;

/** The arguments behind argv[0], each with its NUL. */
const args: ReadValue = (record, process) => {
  const all = record.text(parts.ARGS);
  if (all === undefined) return process?.args.map((each) => `${each}\0`).join("");
  const end = all.indexOf("\0");
  return end < 0 ? "" : all.slice(end + 1);
};

const cwd: ReadValue = (record, process) => record.text(parts.CWD) ?? process?.cwd;
const env: ReadValue = (record, process) =>
  record.text(parts.ENV) ?? process?.env?.map((each) => `${each}\0`).join("");
const cgroups: ReadValue = (_, process) =>
  process === undefined || process.container.cgroupPath === ""
    ? undefined
    : `memory=${process.container.cgroupPath}\0`;
const hasExe = (record: RecordView) => record.partLength(parts.EXE) >= 0;

const count =
  (name: TaskCount): ReadValue =>
  (record) =>
    taskCount(record, name);

/** Lists that exec and clone share: position and meaning do not matter, names do. */
const ofProcess: Readonly<Record<string, ReadValue>> = {
  exe,
  args,
  tid: header32(HEADER.tid),
  pid: header32(HEADER.pid),
  ptid: header32(HEADER.ppid),
  cwd,
  fdlimit: count("fdlimit"),
  pgft_maj: count("pgft_maj"),
  pgft_min: count("pgft_min"),
  vm_size: count("vm_size"),
  vm_rss: count("vm_rss"),
  vm_swap: count("vm_swap"),
  comm: (record) => record.comm,
  cgroups,
  uid: header32(HEADER.uid),
  gid: header32(HEADER.gid),
  vtid: header32(HEADER.vtid),
  vpid: header32(HEADER.vpid),
  vpgid: header32(HEADER.vpgid),
  pgid: header32(HEADER.pgid),
  tty: header32(HEADER.tty),
  loginuid: header32(HEADER.loginuid),
};

const ofExec: Readonly<Record<string, ReadValue>> = {
  ...ofProcess,
  env,
  flags: (record, process) =>
    toPortable("EXE_FLAGS", hasExe(record) ? record.exe32(parts.EXE, "flags") : (process?.exeFlags ?? 0)),
  cap_inheritable: header64(HEADER.cap_inheritable),
  cap_permitted: header64(HEADER.cap_permitted),
  cap_effective: header64(HEADER.cap_effective),
  exe_ino: (record, process) => (hasExe(record) ? narrow(record.exe64(parts.EXE, "ino")) : process?.exeInode),
  exe_ino_ctime: (record, process) =>
    narrow(hasExe(record) ? record.exe64(parts.EXE, "ctime") : (process?.exeChangeTime ?? 0n)),
  exe_ino_mtime: (record, process) =>
    narrow(hasExe(record) ? record.exe64(parts.EXE, "mtime") : (process?.exeModifyTime ?? 0n)),
  trusted_exepath: (record, process) => record.text(parts.EXE_PATH) ?? process?.exePath,
  filename: (record) => record.text(0),
};

const ofClone: Readonly<Record<string, ReadValue>> = {
  ...ofProcess,
  flags: (record) => toPortable("CLONE_FLAGS", record.number(0) ?? 0),
  pidns_init_start_ts: (_, process) => (process === undefined ? undefined : narrow(process.pidnsStart)),
};

const opened = (flags: number) => ({ flags: openedFlags(flags), dev: device, ino: inode });
const accepted = { tuple: acceptedTuple };

/** Parameters that do not stand on the wire as the table's order says. */
const special: Readonly<Record<string, Readonly<Record<string, ReadValue>>>> = {
  // No return value: its one part is its one parameter.
  container: { json: (record) => record.text(0) },
  open: opened(1),
  openat: opened(2),
  openat2: opened(2),
  open_by_handle_at: opened(1),
  creat: { dev: device, ino: inode, creat_flags: (record) => layer(record, 1, 2) },
  connect: { tuple },
  send: { tuple },
  sendto: { tuple },
  sendmsg: { tuple },
  recvfrom: { tuple: acceptedTuple },
  recvmsg: { tuple: acceptedTuple },
  accept: accepted,
  accept4: accepted,
  socket: { flags: (record) => descriptorFlags(record.number(1) ?? 0) },
  execve: ofExec,
  execveat: ofExec,
  clone: ofClone,
  clone3: ofClone,
  fork: ofClone,
  vfork: ofClone,
  procexit: {
    ret: (record) => (exitCode(record) >>> 8) & 0xff,
    sig: (record) => exitCode(record) & 0x7f,
    core: (record) => (exitCode(record) >>> 7) & 1,
    reaper_tid: (record) => record.number(0),
  },
};

const exitCode = (record: RecordView) => Number(record.ret);

/** A value of the wire in the width and sign of its type. */
function coerce(type: string, value: number | bigint): number | bigint {
  switch (type) {
    case "FD":
    case "PID":
    case "INT32":
      return Number(BigInt.asIntN(32, BigInt(value)));
    case "INT8":
      return Number(BigInt.asIntN(8, BigInt(value)));
    case "INT16":
      return Number(BigInt.asIntN(16, BigInt(value)));
    case "UINT8":
      return Number(BigInt.asUintN(8, BigInt(value)));
    case "UINT16":
      return Number(BigInt.asUintN(16, BigInt(value)));
    case "UINT32":
    case "UID":
    case "GID":
    case "MODE":
      return Number(BigInt.asUintN(32, BigInt(value)));
    case "UINT64":
      return narrow(BigInt.asUintN(64, BigInt(value)));
    default:
      return value;
  }
}

const textTypes: ReadonlySet<string> = new Set([
  "CHARBUF",
  "FSPATH",
  "FSRELPATH",
  "BYTEBUF",
  "CHARBUFARRAY",
  "SOCKTUPLE",
  "FDLIST",
]);

/** A `struct sockaddr` as text: `ip:port`, or the path of a unix socket. */
export function socketAddressText(bytes: string): string | undefined {
  const parsed = parseSocketAddress(bytes);
  if (parsed?.address !== undefined) return `${addressText(parsed.address)}:${parsed.port}`;
  return parsed?.path;
}

function plain(type: string, set: FlagSetName | undefined, position: number): ReadValue {
  if (position === 0) return (record) => record.ret;
  const part = position - 1;
  if (textTypes.has(type)) return (record) => record.text(part);
  if (type === "SOCKADDR")
    return (record) => {
      const bytes = record.text(part);
      return bytes === undefined ? undefined : socketAddressText(bytes);
    };
  if (set !== undefined)
    return (record) => {
      const value = record.number(part);
      if (value === undefined) return undefined;
      return set === "OPEN_FLAGS" ? descriptorFlags(value) : toPortable(set, value);
    };
  return (record) => {
    const value = record.number(part);
    if (value === undefined) return undefined;
    return safe(type, value) ? value : coerce(type, value);
  };
}

/** Whether a value is in the range of every numeric type but the smallest: then there is nothing to coerce. */
function safe(type: string, value: number | bigint): boolean {
  return typeof value === "number" && value >= 0 && value <= 0x7fffffff && !/8$|16$/.test(type);
}

function parameters(event: EventRow): Parameter[] {
  return event.params.map(([name, type, format = "dec", set], position) => ({
    name,
    type,
    format,
    set: set as FlagSetName | undefined,
    position,
    read: special[event.name]?.[name] ?? plain(type, set as FlagSetName | undefined, position),
  }));
}

/** The parameters of each event, by its code. */
export const parametersByCode: readonly (readonly Parameter[])[] = (events as readonly EventRow[]).map(
  parameters,
);

const none: readonly Parameter[] = [];

/** The parameters of the record's event. */
export function parametersOf(record: RecordView): readonly Parameter[] {
  return parametersByCode[record.type] ?? none;
}

/** One parameter with its value. */
export interface NamedValue {
  readonly name: string;
  readonly type: string;
  readonly value: ParameterValue;
}

/** All parameters of an event with their values, in the table's order. */
export function eventParameters(record: RecordView, process?: ProcessFacts): NamedValue[] {
  return parametersOf(record).map(({ name, type, read }) => ({ name, type, value: read(record, process) }));
}
