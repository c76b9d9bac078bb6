/** struct control of agent/bpf/lib/maps.h, mapped: what user space tells the running programs. */
import { events } from "../events/table.ts";
import { syscallNumbers, type Architecture } from "../events/syscall-names.ts";
import { mapMemory, pageSize, type Mapping } from "./native.ts";

/** Sizes and offsets of the structure. */
export const CONTROL = {
  sleeping: 0,
  native: 64,
  compat: 64 + 2048,
  socketcall: 64 + 4096,
  want: 64 + 4096 + 64,
  size: 64 + 4096 + 64 + 256,
  numbers: 1024,
} as const;

/** enum want */
const WANT_EVENT = 1;
const WANT_PATHS = 2;
const WANT_CWD = 4;
const WANT_ENV = 8;
const WANT_TASK = 16;
const WANT_STREAMS = 32;
const WANT_STREAM_PATHS = 64;

/** What is switched on in the kernel. */
export interface Wanted {
  /** Codes of the event table. */
  readonly codes: readonly number[];
  /** Environments of started programs. */
  readonly environment: boolean;
  /** Codes whose records carry the working folder though no path of theirs is relative. */
  readonly cwd: readonly number[];
  /** Whether paths are resolved (REALPATH, FSPATH, BASE); default true. */
  readonly paths?: boolean;
  /** Codes whose records carry what the task uses (TASK); default none. */
  readonly task?: readonly number[];
  /** Codes whose records carry what descriptors 0, 1 and 2 lead to (STREAMS), and those with paths; default none. */
  readonly streams?: readonly number[];
  readonly streamPaths?: readonly number[];
}

/** Calls of socketcall(2) by its first argument (linux/net.h). */
const socketcalls: Readonly<Record<string, number>> = {
  socket: 1,
  bind: 2,
  connect: 3,
  listen: 4,
  accept: 5,
  sendto: 11,
  sendmsg: 16,
  accept4: 18,
};

/** Other names that an event's call has in the 32-bit tables: the same call with wider arguments. */
const alsoKnownAs: Readonly<Record<string, readonly string[]>> = {
  setuid: ["setuid32"],
  setgid: ["setgid32"],
  setresuid: ["setresuid32"],
  setresgid: ["setresgid32"],
  setreuid: ["setreuid32"],
  setregid: ["setregid32"],
  fcntl: ["fcntl64"],
};

/** The EABI's numbers on arm where they differ from i386's (arch/arm/tools/syscall.tbl). */
const armNumbers: Readonly<Record<string, number>> = {
  socket: 281,
  bind: 282,
  connect: 283,
  listen: 284,
  accept: 285,
  sendto: 290,
  sendmsg: 296,
  openat: 322,
  mkdirat: 323,
  unlinkat: 328,
  renameat: 329,
  linkat: 330,
  symlinkat: 331,
  fchmodat: 333,
  unshare: 337,
  dup3: 358,
  accept4: 366,
  setns: 375,
  finit_module: 379,
  renameat2: 382,
  memfd_create: 385,
  bpf: 386,
  execveat: 387,
  fchmodat2: 452,
};

/** Calls with a number of their own in the x32 ABI (asm/unistd_x32.h); the dispatcher takes its mark off. */
const x32Numbers: Readonly<Record<string, number>> = { execve: 520, ptrace: 521, execveat: 545 };

/** Numbers of an event's call in a table. */
function numbersOf(architecture: Architecture | "arm", event: string): number[] {
  const names = [event, ...(alsoKnownAs[event] ?? [])];
  const table = syscallNumbers[architecture === "arm" ? "i386" : architecture];
  const numbers = names.map(
    (name) => (architecture === "arm" ? armNumbers[name] : undefined) ?? table.get(name),
  );
  if (architecture === "x86_64") numbers.push(x32Numbers[event]);
  return numbers.filter((number) => number !== undefined);
}

const nativeTable: Architecture = process.arch === "arm64" ? "arm64" : "x86_64";
const compatTable = process.arch === "arm64" ? "arm" : "i386";
const SOCKETCALL = 102;

/** The tables of struct control for a wish, as bytes from `native` on. Pure. */
export function controlTables(wanted: Wanted): Buffer {
  const bytes = Buffer.alloc(CONTROL.size);
  const codes = new Set(wanted.codes);
  const extras: readonly (readonly [want: number, codes: ReadonlySet<number>])[] = [
    [WANT_CWD, new Set(wanted.cwd)],
    [WANT_TASK, new Set(wanted.task)],
    [WANT_STREAMS, new Set(wanted.streams)],
    [WANT_STREAM_PATHS, new Set(wanted.streamPaths)],
  ];
  const fill = (at: number, number: number, code: number) => bytes.writeUInt16LE(code + 1, at + number * 2);
  events.forEach((event, code) => {
    let want = (wanted.paths ?? true) ? WANT_PATHS : 0;
    for (const [bit, codesOfBit] of extras) if (codesOfBit.has(code)) want |= bit;
    if (wanted.environment && event.name === "execve") want |= WANT_ENV;
    if (codes.has(code)) {
      want |= WANT_EVENT;
      if ("captured" in event) {
        for (const number of numbersOf(nativeTable, event.name)) fill(CONTROL.native, number, code);
        for (const number of numbersOf(compatTable, event.name)) fill(CONTROL.compat, number, code);
        const which = socketcalls[event.name];
        if (which !== undefined) {
          fill(CONTROL.socketcall, which, code);
          fill(CONTROL.compat, SOCKETCALL, code);
        }
      }
    }
    bytes.writeUInt8(want, CONTROL.want + code);
  });
  return bytes;
}

/** The mapped structure of one loaded object. */
export class Control {
  private readonly mapping: Mapping;
  private readonly bytes: Buffer;
  private readonly sleepingWord: Int32Array;
  private closed = false;

  /** Maps the map `.data.control`. @throws LibbpfError */
  constructor(fd: number) {
    const page = pageSize();
    this.mapping = mapMemory(fd, Math.ceil(CONTROL.size / page) * page, 0, true);
    this.bytes = Buffer.from(this.mapping.bytes);
    this.sleepingWord = new Int32Array(this.mapping.bytes, CONTROL.sleeping, 1);
  }

  /**
   * Switches calls on and off; the next call of each kind goes by it. procexit is a hook, so its number in the
   * tables stays empty.
   */
  setWanted(wanted: Wanted): void {
    if (this.closed) return;
    controlTables(wanted).copy(this.bytes, CONTROL.native, CONTROL.native);
  }

  /** Says whether the reader waits to be woken. The kernel clears it when it wakes. */
  set sleeping(value: boolean) {
    if (!this.closed) Atomics.store(this.sleepingWord, 0, value ? 1 : 0);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.mapping.unmap();
  }
}
