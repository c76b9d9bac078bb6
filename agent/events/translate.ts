/**
 * The kernel's ABI values to Falco's portable ones (events.md 5) and back. Sets that are not here have the same
 * numbers in both. Bits without a portable counterpart are dropped.
 */
import { flagSets } from "./flag-sets.ts";

export type FlagSetName = keyof typeof flagSets;
type Pairs = readonly (readonly [abi: number, portable: number])[];

/** O_* of x86 and, but for three bits, of arm64 and its 32-bit programs. */
const open = {
  ACCMODE: 3,
  CREAT: 0o100,
  EXCL: 0o200,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  SYNC: 0o4010000,
  CLOEXEC: 0o2000000,
  TMPFILE: 0o20000000,
} as const;
const openElsewhere = {
  x64: { DIRECTORY: 0o200000, DIRECT: 0o40000, LARGEFILE: 0o100000 },
  arm64: { DIRECTORY: 0o40000, DIRECT: 0o200000, LARGEFILE: 0o400000 },
} as const;

/** Bits of OPEN_FLAGS that no call passes: what the kernel says about the file. */
export const openResult = { CREATED: 16384, UPPER_LAYER: 32768, LOWER_LAYER: 65536 } as const;

// prettier-ignore
const openBitsOf = ({ DIRECTORY, DIRECT, LARGEFILE }: (typeof openElsewhere)[Architecture]): Pairs => [
  [open.CREAT, 4], [open.APPEND, 8], [open.DSYNC, 16], [open.EXCL, 32], [open.NONBLOCK, 64], [open.SYNC, 128],
  [open.TRUNC, 256], [DIRECT, 512], [DIRECTORY, 1024], [LARGEFILE, 2048], [open.CLOEXEC, 4096],
  [open.TMPFILE, 8192],
];

export type Architecture = keyof typeof openElsewhere;

/** The architecture that this process runs on, as its records are. */
export const ownArchitecture: Architecture = process.arch === "arm64" ? "arm64" : "x64";

let openBits = openBitsOf(openElsewhere[ownArchitecture]);

/** Reads records of another architecture from now on: those of a recording. */
export function readRecordsOf(architecture: Architecture): void {
  openBits = openBitsOf(openElsewhere[architecture]);
}

// prettier-ignore
const cloneBits: Pairs = [
  [0x400, 1], [0x200, 2], [0x80000000, 4], [0x8000000, 8], [0x40000000, 16], [0x20000, 32], [0x20000000, 64],
  [0x4000000, 128], [0x8000, 256], [0x100000, 512], [0x2000, 1024], [0x800, 2048], [0x40000, 4096], [0x10000, 8192],
  [0x800000, 16384], [0x100, 32768], [0x10000000, 0x100000], [0x200000, 0x800000], [0x1000000, 0x1000000],
  [0x80000, 0x2000000], [0x4000, 0x8000000], [0x2000000, 0x10000000],
];

// prettier-ignore
const bits: Partial<Record<FlagSetName, Pairs>> = {
  CLONE_FLAGS: cloneBits,
  RESOLVE: [[8, 1], [16, 2], [2, 4], [4, 8], [1, 16], [32, 32]],
  FCHOWNAT_FLAGS: [[0x100, 1024], [0x1000, 4096]],
  EPOLL_CREATE1: [[0o2000000, 1]],
  PIDFD_FLAGS: [[0o4000, 1]],
  DELETE_MODULE_FLAGS: [[0o4000, 2], [0o1000, 1]],
};

/** Whole values, not bits. What is not listed is UNKNOWN, 0. */
// prettier-ignore
const values: Partial<Record<FlagSetName, Pairs>> = {
  PTRACE_REQUEST: [
    [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 7], [7, 8], [8, 9], [9, 10], [16, 11], [17, 12], [24, 13],
    [0x4200, 14], [0x4201, 15], [0x4202, 16], [0x4203, 17], [0x4204, 18], [0x4205, 19], [0x4206, 20], [0x4207, 21],
    [0x4208, 22], [0x4209, 23], [0x420a, 24], [0x420b, 25], [12, 26], [13, 27], [14, 28], [15, 29], [18, 30], [19, 31],
    [21, 32], [25, 33], [26, 34], [30, 35], [31, 36], [32, 37], [33, 38],
  ],
  FCNTL_CMD: [
    [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 8], [7, 9], [8, 10], [9, 12], [10, 13], [11, 15], [12, 17],
    [13, 18], [14, 19], [15, 21], [16, 22], [1024, 23], [1025, 24], [1029, 25], [1030, 26], [1026, 27], [1031, 28],
    [1032, 29], [36, 30], [37, 31], [38, 32],
  ],
};

/** A mount's flags may carry a magic number in the upper half, which the kernel ignores (MS_MGC_VAL). */
const mountMagic = 0xc0ed0000;

const has = (value: number, mask: number) => (value & mask) >>> 0 === mask;

function mapBits(value: number, pairs: Pairs, from: 0 | 1, to: 0 | 1): number {
  let result = 0;
  for (const pair of pairs) if (has(value, pair[from])) result |= pair[to];
  return result >>> 0;
}

const low = (value: number | bigint) => Number(BigInt.asUintN(32, BigInt(value)));

/** Flags of calls that open a file. The access mode is one of O_RDONLY 1, O_WRONLY 2, O_RDWR 3. */
export function openFlags(abi: number | bigint): number {
  const value = low(abi);
  const mode = value & open.ACCMODE;
  return mapBits(value, openBits, 0, 1) | (mode === 1 ? 2 : mode === 2 ? 3 : 1);
}

/** Flags of calls that make another kind of descriptor (dup3, socket): no access mode. */
export function descriptorFlags(abi: number | bigint): number {
  return mapBits(low(abi), openBits, 0, 1);
}

/** Flags of open from their portable form; what the kernel alone can say is left out. */
export function openFlagsToAbi(portable: number): number {
  const mode = portable & 3;
  return (mapBits(portable, openBits, 1, 0) | (mode === 3 ? 2 : mode === 2 ? 1 : 0)) >>> 0;
}

/** Portable value of a kernel's value of one set; OPEN_FLAGS have functions of their own. */
export function toPortable(set: FlagSetName, abi: number | bigint): number {
  const table = values[set];
  if (table !== undefined) return table.find(([from]) => from === low(abi))?.[1] ?? 0;
  const pairs = bits[set];
  if (pairs !== undefined) return mapBits(low(abi), pairs, 0, 1);
  const value = low(abi);
  if (set === "MOUNT_FLAGS" && has(value & 0xffff0000, mountMagic)) return value & 0xffff;
  return set === "EXE_FLAGS" ? value & 15 : value;
}

/** The kernel's value of a portable one, as fixtures give them. */
export function toAbi(set: FlagSetName, portable: number): number {
  if (set === "OPEN_FLAGS") return openFlagsToAbi(portable);
  const table = values[set];
  if (table !== undefined) return table.find(([, to]) => to === portable)?.[0] ?? 0xffff;
  const pairs = bits[set];
  return pairs === undefined ? portable : mapBits(portable, pairs, 1, 0);
}

/** Names of the flags in a portable value, in the set's order, joined by `|`; "" where there is none. */
export function flagNames(set: FlagSetName, value: number): string {
  let left = value >>> 0;
  let text = "";
  for (const [name, bit] of flagSets[set]) {
    if (bit === 0 ? value !== 0 : !has(left, bit)) continue;
    text = text === "" ? name : `${text}|${name}`;
    left = (left & ~bit) >>> 0;
  }
  return text;
}

/** All names whose value equals, in the set's order, joined by `|`; "" where there is none. */
export function enumNames(set: FlagSetName, value: number): string {
  let text = "";
  for (const [name, each] of flagSets[set])
    if (each === value && !text.includes(name)) text = text === "" ? name : `${text}|${name}`;
  return text;
}

/** Portable value of flag names joined by `|`; undefined where one is unknown in the set. */
export function flagValue(set: FlagSetName, names: string): number | undefined {
  let value = 0;
  for (const name of names.split("|")) {
    const found = flagSets[set].find(([each]) => each === name.trim());
    if (found === undefined) return undefined;
    value |= found[1];
  }
  return value >>> 0;
}
