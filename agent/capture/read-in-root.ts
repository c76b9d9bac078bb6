/**
 * Reads files of a process's root, which may be a hostile container's (design.md 3.14): a link must not lead out of that
 * root, a FIFO or a device must neither hold the caller nor be touched, and no file may be large. A file on a dead
 * network drive can still make the caller wait: only a worker calls this.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { openat2 } from "./native.ts";

export interface FileInRoot {
  readonly bytes: Uint8Array;
  /** Changes when the file does: device, inode, size, times. */
  readonly stamp: string;
}

/** Larger files are not read. */
const MAX_FILE = 1_048_576;
/** asm-generic/fcntl.h, the same on x86-64 and arm64; Node does not name it. */
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
/** linux/openat2.h */
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

const how = Buffer.alloc(24);
how.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC), 0);
how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);

/** Descriptor of what `path` means inside `root`, good for fstat only; undefined where there is nothing. */
function find(root: string, path: string): number | undefined {
  const directory = openSync(root, O_PATH | O_CLOEXEC | constants.O_DIRECTORY);
  try {
    const fd = openat2(directory, path, how);
    return fd < 0 ? undefined : fd;
  } finally {
    closeSync(directory);
  }
}

/**
 * The bytes of a regular file of at most 1 MiB in the root of process `pid`; undefined where there is none, where it is
 * something else or larger, or where the process is gone.
 *
 * Files of procfs, whose size is 0, read as empty: some of them give what they hold only once.
 *
 * @param root the folder that is the root; tests name another than the process's.
 */
export function readInRoot(pid: number, path: string, root = `/proc/${pid}/root`): FileInRoot | undefined {
  let found: number | undefined;
  let file: number | undefined;
  try {
    found = find(root, path);
    if (found === undefined) return undefined;
    const stat = fstatSync(found, { bigint: true });
    if (!stat.isFile() || stat.size > BigInt(MAX_FILE)) return undefined;
    const stamp = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
    const bytes = Buffer.alloc(Number(stat.size));
    // Now that it is known to be a file, and which one, it is opened for reading by the descriptor.
    file = openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK | O_CLOEXEC);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return { bytes: bytes.subarray(0, length), stamp };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
    if (found !== undefined) closeSync(found);
  }
}
