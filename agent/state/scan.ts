/**
 * Reads processes from /proc: all at start and after drops, single ones that only a record's header told of. Reading
 * cmdline waits for the process's memory and exe may lie on a dead network drive, so this runs in a worker, never on
 * the capture thread.
 */
import { closeSync, openSync, readSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { exeFlags, exePathOf } from "./exe-path.ts";
import type { ProcessFacts } from "./facts.ts";
import { processName } from "./process-name.ts";
import type { ByteString } from "./types.ts";

export interface ScanOptions {
  /** ns since boot, CLOCK_BOOTTIME: what records carry. */
  readonly now: () => bigint;
  /** Whether environments are wanted: some rule reads them. */
  readonly environment: boolean;
  /** Which line of /proc/PID/cgroup counts: a v1 controller's name, or "" for v2 (cgroup-tree.ts). */
  readonly controller: string;
  /** Where procfs is mounted; /proc. */
  readonly proc?: string;
}

/** The record's bounds (design.md 3.15), so that both tell alike. */
const MAX_ARGS = 16_384;
const MAX_ENV = 8_192;
const MAX_TEXT = 65_536;
const DELETED = " (deleted)";

const buffer = Buffer.alloc(MAX_TEXT);

/** At most `limit` bytes of a file of procfs; undefined where it cannot be read (gone, no memory, no right). */
function text(path: string, limit = MAX_TEXT): ByteString | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    let length = 0;
    while (length < limit) {
      const count = readSync(fd, buffer, length, limit - length, null);
      if (count === 0) break;
      length += count;
    }
    return buffer.toString("latin1", 0, length);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function link(path: string): ByteString | undefined {
  try {
    return readlinkSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Numbers of one line of /proc/PID/status; empty where it is not there. */
function statusNumbers(status: string, name: string): number[] {
  const line = new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/).map(Number);
}

/** Capability sets of /proc/PID/status, 16 hexadecimal digits each, as halves: the low one first. */
function capabilitySets(status: string): number[] {
  return ["CapInh", "CapPrm", "CapEff"].flatMap((name) => {
    const digits = new RegExp(`^${name}:\\s+([0-9a-f]{8})([0-9a-f]{8})$`, "m").exec(status);
    return digits === null ? [] : [Number.parseInt(digits[2]!, 16), Number.parseInt(digits[1]!, 16)];
  });
}

/**
 * The path in /proc/PID/cgroup's line for one hierarchy; undefined where it has none.
 *
 * @param controller a v1 controller's name, or "" for v2.
 */
export function cgroupPathOf(cgroup: string, controller: string): string | undefined {
  for (const line of cgroup.split("\n")) {
    const [, controllers, ...path] = line.split(":");
    if (controllers !== undefined && controllers.split(",").includes(controller)) return path.join(":");
  }
  return undefined;
}

/** The file behind /proc/PID/exe. */
function exeFile(path: string): Pick<ProcessFacts, "exeInode" | "exeChangeTime" | "exeModifyTime"> {
  try {
    const stat = statSync(path, { bigint: true });
    const inode = stat.ino <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(stat.ino) : stat.ino;
    return { exeInode: inode, exeChangeTime: stat.ctimeNs, exeModifyTime: stat.mtimeNs };
  } catch {
    return { exeInode: 0, exeChangeTime: 0n, exeModifyTime: 0n };
  }
}

/** What /proc tells of one process; undefined where it is gone, or dead and only not yet waited for. */
export function readProcess(pid: number, options: ScanOptions): ProcessFacts | undefined {
  const folder = `${options.proc ?? "/proc"}/${pid}`;
  const readAt = options.now();
  const stat = text(`${folder}/stat`);
  const status = text(`${folder}/status`);
  if (stat === undefined || status === undefined) return undefined;
  // comm stands in brackets and may hold any character, brackets and blanks too.
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const number = (index: number): number => Number(fields[index] ?? 0);
  const threads = number(17);
  if (open < 0 || fields.length < 20 || (/^[ZXx]$/.test(fields[0] ?? "") && threads <= 1)) return undefined;

  const threadName = stat.slice(open + 1, close);
  const target = link(`${folder}/exe`) ?? "";
  const deleted = target.endsWith(DELETED);
  const flags = (deleted ? exeFlags.DELETED : 0) | (target.startsWith("/memfd:") ? exeFlags.MEMFD : 0);
  const exePath = exePathOf(deleted ? target.slice(0, -DELETED.length) : target, flags);
  const args = text(`${folder}/cmdline`, MAX_ARGS) ?? "";
  const loginuid = Number(text(`${folder}/loginuid`) ?? Number.NaN);
  const id = (name: string, otherwise: number): number => statusNumbers(status, name).at(-1) ?? otherwise;
  return {
    pid,
    startTicks: BigInt(fields[19]!),
    readAt,
    ppid: number(1),
    pgid: number(2),
    sid: number(3),
    tty: number(4),
    vpid: id("NSpid", pid),
    vpgid: id("NSpgid", number(2)),
    vsid: id("NSsid", number(3)),
    uid: statusNumbers(status, "Uid")[1] ?? 0,
    gid: statusNumbers(status, "Gid")[1] ?? 0,
    loginuid: Number.isNaN(loginuid) ? 4294967295 : loginuid,
    capabilities: capabilitySets(status),
    threads,
    threadName,
    comm: processName(threadName, exePath, args),
    args,
    env: options.environment ? text(`${folder}/environ`, MAX_ENV) : undefined,
    exePath,
    exeFlags: flags,
    ...(target === "" ? { exeInode: 0, exeChangeTime: 0n, exeModifyTime: 0n } : exeFile(`${folder}/exe`)),
    cwd: link(`${folder}/cwd`) ?? "",
    pidns: Number(/\[(\d+)\]/.exec(link(`${folder}/ns/pid`) ?? "")?.[1] ?? 0),
    cgroupPath: cgroupPathOf(text(`${folder}/cgroup`) ?? "", options.controller),
  };
}

/** All processes of /proc, in the order it lists them (by id). */
export function scanProcesses(options: ScanOptions): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  for (const name of readdirSync(options.proc ?? "/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const facts = readProcess(Number(name), options);
    if (facts !== undefined) found.push(facts);
  }
  return found;
}
