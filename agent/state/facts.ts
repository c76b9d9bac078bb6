/** What /proc tells about one process: plain data, so that a worker can read it and post it. */
import type { ByteString } from "./types.ts";

export interface ProcessFacts {
  readonly pid: number;
  /** Field 22 of stat, ticks of 1/100 s since boot: the record's start_time, cut to 10 ms. */
  readonly startTicks: bigint;
  /** ns since boot (CLOCK_BOOTTIME) just before the files were read: records after it know better. */
  readonly readAt: bigint;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly tty: number;
  readonly vpid: number;
  readonly vpgid: number;
  readonly vsid: number;
  readonly uid: number;
  readonly gid: number;
  readonly loginuid: number;
  /** Inheritable, permitted, effective; the low half of each first. Empty where unreadable. */
  readonly capabilities: readonly number[];
  readonly threads: number;
  /** comm of the main thread as it is now. */
  readonly threadName: ByteString;
  /** Name of the process (agent/state/process-name.ts). */
  readonly comm: ByteString;
  /** cmdline as it stands in memory, NULs included. */
  readonly args: ByteString;
  /** environ; undefined where nobody asked or it was unreadable. */
  readonly env: ByteString | undefined;
  /** Link of exe, without ` (deleted)`; "" for kernel threads. */
  readonly exePath: ByteString;
  /** EXE_FLAGS of what can be told from /proc: memfd 4, deleted 16. */
  readonly exeFlags: number;
  readonly exeInode: number | bigint;
  /** ns since the epoch; 0 unknown. */
  readonly exeChangeTime: bigint;
  readonly exeModifyTime: bigint;
  readonly cwd: ByteString;
  /** inode of the PID namespace; 0 unreadable. */
  readonly pidns: number;
  /** Path in the hierarchy that containers are told by; undefined unreadable. "/" of a dying process is no proof. */
  readonly cgroupPath: string | undefined;
}

/** ns in a tick of stat, on every architecture we build for. */
export const TICK = 10_000_000n;
