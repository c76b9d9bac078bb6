/**
 * The record that the kernel side writes and everything above reads: a fixed header, a table of parts, and the
 * parts' bytes behind each other. `scripts/gen-events.ts` makes agent/bpf/gen/record.h from these lists.
 *
 * All numbers are little-endian (both architectures we build for). Append only: a recording of today must be
 * readable tomorrow.
 */

/** Header fields in order; size in bytes. Offsets follow from the order and are naturally aligned. */
export const headerFields = [
  ["length", 4, "whole record, bytes"],
  ["type", 2, "enum event_type, agent/events/table.ts"],
  ["flags", 2, "enum record_flag"],
  ["time", 8, "ns since boot (CLOCK_BOOTTIME)"],
  ["ret", 8, "return value of the call, signed; exit code word for task_exit"],
  ["start_time", 8, "start_boottime of the thread group leader, ns since boot"],
  ["cgroup", 8, "inode of the task's cgroup folder, one hierarchy for the whole node"],
  ["cap_inheritable", 8, "capability set"],
  ["cap_permitted", 8, "capability set"],
  ["cap_effective", 8, "capability set"],
  ["pid", 4, "thread group id in the node's PID namespace"],
  ["tid", 4, "thread id in the node's PID namespace"],
  ["ppid", 4, "thread group id of real_parent, node's PID namespace; 0 where outside it"],
  ["vpid", 4, "thread group id in the task's own PID namespace"],
  ["vtid", 4, "thread id in the task's own PID namespace"],
  ["pgid", 4, "process group, node's PID namespace"],
  ["sid", 4, "session, node's PID namespace"],
  ["vpgid", 4, "process group, task's own PID namespace"],
  ["vsid", 4, "session, task's own PID namespace"],
  ["pidns", 4, "inode of the task's PID namespace"],
  ["mntns", 4, "inode of the task's mount namespace"],
  ["uid", 4, "effective user id, initial user namespace"],
  ["gid", 4, "effective group id"],
  ["loginuid", 4, "audit user id; 4294967295 unset"],
  ["tty", 4, "device number of the controlling terminal; 0 none"],
  ["syscall", 4, "system call number as the task gave it (see RECORD_COMPAT); 0xffffffff none"],
  ["cpu", 2, "processor"],
  ["part_count", 2, "entries of the part table in use (highest index + 1)"],
  ["cut", 4, "bit i: part i is shorter than the truth"],
  ["comm", 16, "name of the thread, NUL padded"],
] as const;

export type HeaderField = (typeof headerFields)[number][0];

/** Bits of the header's `flags`. */
export const recordFlags = {
  /** int 0x80 or another 32-bit entry; `syscall` is of the 32-bit table. */
  COMPAT: 1,
  /** The task is the leader of its thread group. */
  LEADER: 2,
  /** Path text was unreadable when the call returned. */
  UNREADABLE: 4,
} as const;

/**
 * Parts. Below `fact` stand the event's own parameters, by position on the wire (table.ts says which parameter
 * that is); from `fact` on, what the kernel knew about the objects of the call.
 */
export const parts = {
  fact: 16,
  /** struct file_fact of the file behind the event's descriptor. */
  FILE: 16,
  /** Its path inside the task's root. */
  REALPATH: 17,
  /** Its path inside the file system; only where the mount shows a part of it (else as REALPATH below the mount). */
  FSPATH: 18,
  /** struct socket_fact. */
  SOCKET: 19,
  /** Path of a unix socket; abstract ones with their leading NUL. */
  SOCKET_PATH: 20,
  /** Resolved folder that a relative path started from: dirfd or cwd; of the first (old) path. */
  BASE: 21,
  /** The same of the second (new) path. */
  BASE2: 22,
  /** Working directory; on exec, fork, and where the wanted entry of the call asks for it. */
  CWD: 23,
  /** exec: resolved path of the program inside the task's root. */
  EXE_PATH: 24,
  /** exec: argv as in memory, NULs included. */
  ARGS: 25,
  /** exec: environment as in memory, NULs included; only when asked for. */
  ENV: 26,
  /** struct exe_fact. */
  EXE: 27,
  /** unix peer's path, or the second descriptor's struct file_fact (dup family: old fd). */
  PEER_PATH: 28,
  /** struct task_fact; only when asked for. */
  TASK: 29,
  /** Three struct stream_fact, of descriptors 0, 1 and 2; only when asked for. */
  STREAMS: 30,
} as const;

export const PART_SLOTS = 32;
/** Part table entry: u16 offset from the record's start, u16 length. Length 0xffff: NULL or unreadable. */
export const PART_MISSING = 0xffff;

/** Facts about an open file. */
export const fileFact = [
  ["dev", 4, "kernel's device number: major << 20 | minor"],
  ["mode", 4, "S_IFMT and permission bits"],
  ["ino", 8, "inode"],
  ["nlink", 4, "hard links"],
  ["open_flags", 4, "struct file f_flags"],
  ["fs_magic", 4, "super block magic (PIPEFS, SOCKFS, ANON_INODE_FS, OVERLAY …)"],
  ["flags", 4, "enum file_fact_flag"],
  ["uid", 4, "owner"],
  ["anon", 4, "enum anon_kind where the file is an anonymous inode"],
] as const;

export const fileFactFlags = {
  /** Unlinked: no name leads to it any more. */
  DELETED: 1,
  /** The walk ended at a mount tree's root without meeting the task's root. */
  ROOT_NOT_MET: 2,
  /** The path was too long or too deep: its front is missing. */
  PATH_CUT: 4,
  /** overlayfs: data in the upper layer. */
  OVERLAY_UPPER: 8,
  /** overlayfs: data in a lower layer. */
  OVERLAY_LOWER: 16,
  /** The mount shows a part of its file system only (mnt_root is not s_root). */
  PARTIAL_MOUNT: 32,
  /** Created by this call (FMODE_CREATED). */
  CREATED: 64,
  /** An memfd. */
  MEMFD: 128,
} as const;

/** Kinds of anonymous inodes and other files without a name, by their f_op's or dentry's name. */
export const anonKinds = {
  NONE: 0,
  EVENTFD: 1,
  EVENTPOLL: 2,
  INOTIFY: 3,
  SIGNALFD: 4,
  TIMERFD: 5,
  IO_URING: 6,
  USERFAULTFD: 7,
  PIDFD: 8,
  BPF: 9,
  PERF_EVENT: 10,
  OTHER: 11,
} as const;

/** Facts about a socket. Ports in host order; IPv4 in the first 4 bytes; mapped IPv6 is given as family AF_INET. */
export const socketFact = [
  ["family", 2, "AF_*, after unmapping"],
  ["socket_family", 2, "AF_* of the socket itself"],
  ["type", 2, "SOCK_*"],
  ["protocol", 2, "IPPROTO_*"],
  ["state", 1, "TCP_* / SS_*"],
  ["role", 1, "enum socket_role"],
  ["local_port", 2, ""],
  ["remote_port", 2, ""],
  ["flags", 2, "enum socket_fact_flag"],
  ["local_address", 16, ""],
  ["remote_address", 16, ""],
  ["cookie", 8, "the socket's address hashed or its cookie: a key, never shown"],
  ["peer", 8, "the peer's (unix), 0 unknown"],
] as const;

export const socketRoles = { UNKNOWN: 0, CLIENT: 1, SERVER: 2 } as const;
export const socketFactFlags = { CONNECTED: 1, LISTENING: 2, NAME_CHANGED: 4, PEER_FROM_CALL: 8 } as const;

/** Facts about the program of an exec. */
export const exeFact = [
  ["ino", 8, ""],
  ["ctime", 8, "ns since the epoch"],
  ["mtime", 8, "ns since the epoch"],
  ["dev", 4, ""],
  ["flags", 4, "EXE_FLAGS of events.md: writable 1, upper 2, memfd 4, lower 8; deleted 16 (ours)"],
  ["args_length", 4, "true length of the argument area"],
  ["env_length", 4, "true length of the environment"],
  ["pidns_start", 8, "start_boottime of the PID namespace's init, ns; 0 unknown"],
  ["uid", 4, "owner of the file"],
  ["mode", 4, ""],
] as const;

/** What a task uses, as the kernel counts it. Sizes are of its process and 0 where it has no memory of its own. */
export const taskFact = [
  ["vm_size", 8, "address space, kB"],
  ["vm_rss", 8, "resident memory, kB: without what processors have counted and not told yet"],
  ["vm_swap", 8, "swapped memory, kB"],
  ["pgft_maj", 8, "page faults of the thread that had to read"],
  ["pgft_min", 8, "page faults of the thread that did not"],
  ["fdlimit", 8, "descriptors that the process may open (soft limit)"],
  ["exectime", 8, "ns of processor time in the thread's time slice, up to the last clock tick"],
  ["totexectime", 8, "ns of processor time of the thread, up to the last clock tick"],
  ["fdopencount", 4, "open descriptors, of the first 32,768"],
  ["unused", 4, ""],
] as const;

/** What one of the first three descriptors leads to. All 0 where it is closed. */
export const streamFact = [
  ["mode", 4, "S_IFMT and permission bits"],
  ["fs_magic", 4, "super block magic"],
  ["anon", 4, "enum anon_kind"],
  ["flags", 4, "enum file_fact_flag"],
  ["path_at", 2, "where in the record its path stands; 0 nowhere"],
  ["path_length", 2, ""],
  ["family", 2, "AF_* of a socket, after unmapping; 0 no socket"],
  ["type", 2, "SOCK_*"],
  ["local_port", 2, ""],
  ["remote_port", 2, ""],
  ["role", 2, "enum socket_role"],
  ["unused", 2, ""],
  ["local_address", 16, ""],
  ["remote_address", 16, ""],
] as const;

type Fields = readonly (readonly [string, number, string])[];

/** Byte offset of each field of a list above, as the C struct has it. */
export function offsets<F extends Fields>(fields: F): Record<F[number][0], number> & { size: number } {
  const result: Record<string, number> = {};
  let at = 0;
  for (const [name, size] of fields) {
    const align = Math.min(size, 8);
    at = Math.ceil(at / align) * align;
    result[name] = at;
    at += size;
  }
  result["size"] = Math.ceil(at / 8) * 8;
  // A copy: an object that grew by computed names is a dictionary to V8, and every record is read by these.
  return { ...result } as Record<F[number][0], number> & { size: number };
}

export const HEADER = offsets(headerFields);
/** The part table stands behind the header, the parts behind it. */
export const PARTS_AT = HEADER.size;
export const DATA_AT = PARTS_AT + PART_SLOTS * 4;
/** A per-CPU map value's limit (PCPU_MIN_UNIT_SIZE), and so a record's. */
export const RECORD_MAX = 32768;
