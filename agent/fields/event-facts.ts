/** What the event's row of the table and its return value say. */
import { eventCategory } from "../events/categories.ts";
import { errorName } from "../events/errors.ts";
import { fileFactFlags, parts } from "../events/record.ts";
import { fileAt } from "../events/record-view.ts";
import { events, type EventRow } from "../events/table.ts";
import type { SyscallContext } from "./context.ts";
import { eventCatalogue, isGeneric } from "./event-catalogue.ts";
import { hasDescriptor, typeCharacter } from "./fd-facts.ts";
import { name as descriptorName } from "./fd-names.ts";
import type { Read } from "./field.ts";

const rows = events as readonly EventRow[];

/** Events that are no system call; their first parameter is no return value. */
// prettier-ignore
const meta: ReadonlySet<string> = new Set([
  "procexit", "container", "asyncevent", "pluginevent", "useradded", "userdeleted", "groupadded", "groupdeleted", "switch",
  "signaldeliver", "page_fault", "task_fork", "cgroup_mkdir",
]);
/** Calls that wait for something to happen. */
const waits: ReadonlySet<string> = new Set([
  "accept",
  "accept4",
  "poll",
  "ppoll",
  "select",
  "epoll_wait",
  "nanosleep",
]);

interface Facts {
  readonly name: string;
  readonly syscall: boolean;
  readonly returns: boolean;
  readonly category: string;
  readonly direction: "read" | "write" | undefined;
  readonly waits: boolean;
  /** Part that holds the data read or written; -1 none. */
  readonly data: number;
  readonly open: OpenParts | undefined;
}

/** Parts of a call of the open family: flags and mode, -1 where it has none. */
interface OpenParts {
  readonly flags: number;
  readonly mode: number;
}

function openParts(row: EventRow): OpenParts | undefined {
  if (!["open", "openat", "openat2", "creat", "open_by_handle_at"].includes(row.name)) return undefined;
  const part = (name: string) => row.params.findIndex(([each]) => each === name) - 1;
  return { flags: Math.max(part("flags"), -1), mode: Math.max(part("mode"), -1) };
}

const nothing: Facts = {
  name: "",
  syscall: false,
  returns: false,
  category: "other",
  direction: undefined,
  waits: false,
  data: -1,
  open: undefined,
};

const facts: readonly Facts[] = Array.from({ length: eventCatalogue.size }, (_, code) => {
  const row = rows[code];
  if (row === undefined) return { ...nothing, name: eventCatalogue.name(code), syscall: isGeneric(code) };
  const syscall = !meta.has(row.name);
  return {
    name: row.name,
    syscall,
    returns: syscall && row.params.length > 0,
    category: eventCategory(row.name),
    direction: row.fd.includes("R") ? "read" : row.fd.includes("W") ? "write" : undefined,
    waits: waits.has(row.name),
    data: Math.max(row.params.findIndex(([name, type]) => name === "data" && type === "BYTEBUF") - 1, -1),
    open: openParts(row),
  };
});

const of = (c: SyscallContext): Facts => facts[c.record.type] ?? nothing;

/** evt.type. */
export const eventName = (c: SyscallContext): string => of(c).name;
/** Whether the event is a system call. */
export const isSyscall = (c: SyscallContext): boolean => of(c).syscall;
/** evt.category. */
export const category: Read = (c) => of(c).category;
/** evt.is_wait. */
export const isWait: Read = (c) => of(c).waits;
/** evt.io_dir: undefined for events that do neither. */
export const ioDirection = (c: SyscallContext): "read" | "write" | undefined => of(c).direction;

/** evt.rawres: undefined for events that return nothing. */
export const result = (c: SyscallContext): number | bigint | undefined =>
  of(c).returns ? c.record.ret : undefined;
/** evt.failed. */
export const failed: Read = (c) => (of(c).returns ? c.record.ret < 0 : undefined);
/** evt.res: SUCCESS, or the error's symbol. */
export const resultText: Read = (c) => {
  if (!of(c).returns) return undefined;
  const value = Number(c.record.ret);
  return value >= 0 ? "SUCCESS" : errorName(-value);
};

/** evt.buffer. */
export const buffer: Read = (c) => {
  const { data, direction } = of(c);
  return data < 0 || direction === undefined ? undefined : c.record.text(data);
};
/** evt.buflen: what was read or written, by the call's return value. */
export const bufferLength: Read = (c) => {
  const { data, direction } = of(c);
  return data < 0 || direction === undefined || c.record.ret < 0 ? undefined : c.record.ret;
};
/** evt.is_syslog. */
export const isWriteToSyslog: Read = (c) => of(c).direction === "write" && descriptorName(c) === "/dev/log";

/** Which of evt.count.error's kinds an event is. */
function errorKind(c: SyscallContext): "file" | "net" | "memory" | "other" {
  const { category: kind, open } = of(c);
  const character = hasDescriptor(c) ? typeCharacter(c) : undefined;
  if (open !== undefined || character === "f" || character === "d") return "file";
  if (kind === "net" || character === "4" || character === "6") return "net";
  return kind === "memory" ? "memory" : "other";
}

/** evt.count.error and its kinds: 1 if the call failed, 0 if not, undefined where it is of another kind. */
export function errorCount(kind: "any" | "file" | "net" | "memory" | "other"): Read {
  return (c) => {
    const { returns } = of(c);
    if (!returns || (kind !== "any" && errorKind(c) !== kind)) return undefined;
    return c.record.ret < 0 ? 1 : 0;
  };
}

const ACCMODE = 3;
const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
/** Without O_DIRECTORY, which is part of O_TMPFILE but no sign of it. */
const TMPFILE = 0o20000000;
const EXECUTE = 0o111;

/** The kernel's flags of an open; undefined for other events and creat, which passes none. */
function openFlags(c: SyscallContext): number | undefined {
  const { open } = of(c);
  return open === undefined || open.flags < 0 ? undefined : Number(c.record.number(open.flags) ?? 0);
}

/** evt.is_open_read and its sisters: false for events that open nothing. */
export const fileOpen = {
  read: (c: SyscallContext): boolean => {
    const flags = openFlags(c);
    return flags !== undefined && (flags & ACCMODE) !== O_WRONLY;
  },
  write: (c: SyscallContext): boolean => {
    const mode = (openFlags(c) ?? 0) & ACCMODE;
    return mode === O_WRONLY || mode === O_RDWR;
  },
  exec: (c: SyscallContext): boolean => {
    const { open } = of(c);
    if (open === undefined || open.mode < 0) return false;
    const creates = open.flags < 0 || ((openFlags(c) ?? 0) & (O_CREAT | TMPFILE)) !== 0;
    return creates && (Number(c.record.number(open.mode) ?? 0) & EXECUTE) !== 0;
  },
  create: (c: SyscallContext): boolean =>
    of(c).open !== undefined && (c.record.file(parts.FILE, fileAt.flags) & fileFactFlags.CREATED) !== 0,
} as const;
