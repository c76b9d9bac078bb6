/** What the kernel side counted: records handed over and lost. */
import { check, libbpf } from "./native.ts";

/** enum drop_cause, and the two that only user space can see. */
export const dropCauses = [
  "ring_full",
  "ring_reserved",
  "tail_call",
  "ring_share",
  "recursion",
  "malformed",
] as const;
export type DropCause = (typeof dropCauses)[number];

const KERNEL_CAUSES = 4;
const COUNTS_SIZE = 8 * (1 + KERNEL_CAUSES);
const TOTALS_SIZE = 32;
/** Bytes of struct drop_key and of struct share_key. */
const KEY_SIZE = 16;
/** Entries of the maps `drops` and `shares`: full they take 3 ms to read, and the capture thread may wait for 5. */
const ENTRIES = 2048;
/** Bytes of struct share, and where `wanted` stands in it. */
const SHARE = { size: 32, wanted: 8 } as const;

export interface EventCounts {
  /** Code of the event table. */
  readonly type: number;
  readonly submitted: number;
  /** By the first causes of `dropCauses`. */
  readonly dropped: readonly number[];
}

/** Drops of one cgroup. Cgroups that cost too much room were forgotten: the totals by type are complete. */
export interface CgroupDrops {
  readonly cgroup: bigint;
  readonly type: number;
  readonly cause: DropCause;
  readonly count: number;
}

function key32(value: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(value);
  return key;
}

/** Sums of the per-CPU value at `index`, word by word. @throws LibbpfError */
function sumWords(fd: number, index: number, size: number): number[] {
  const cpus = libbpf().libbpf_num_possible_cpus();
  const values = Buffer.alloc(size * cpus);
  check("bpf_map_lookup_elem", libbpf().bpf_map_lookup_elem(fd, key32(index), values));
  const sums = new Array<number>(size / 8).fill(0);
  for (let at = 0; at < values.length; at += 8) sums[(at % size) / 8]! += Number(values.readBigUInt64LE(at));
  return sums;
}

/** Counts by event type, of the types below `types` that saw anything. @throws LibbpfError */
export function readCounts(fd: number, types: number): EventCounts[] {
  const result: EventCounts[] = [];
  for (let type = 0; type < types; type++) {
    const [submitted, ...dropped] = sumWords(fd, type, COUNTS_SIZE);
    if (submitted! > 0 || dropped.some((count) => count > 0))
      result.push({ type, submitted: submitted!, dropped });
  }
  return result;
}

export interface Totals {
  /** Put into the ring. */
  readonly bytes: number;
  /** How often the reader was woken. */
  readonly wakeUps: number;
  /** Bytes that were to go into the ring while it was fuller than its level. */
  readonly contested: number;
}

/** @throws LibbpfError */
export function readTotals(fd: number): Totals {
  const [bytes, wakeUps, contested] = sumWords(fd, 0, TOTALS_SIZE);
  return { bytes: bytes!, wakeUps: wakeUps!, contested: contested! };
}

const ENOENT = 2;

/** Everything in a hash map of ours by one call, however much is in it. @throws LibbpfError */
function* entries(fd: number, valueSize: number): Iterable<readonly [key: Buffer, value: Buffer]> {
  const keys = Buffer.alloc(ENTRIES * KEY_SIZE);
  const values = Buffer.alloc(ENTRIES * valueSize);
  const count: [number] = [ENTRIES];
  const result = libbpf().bpf_map_lookup_batch(fd, null, Buffer.alloc(8), keys, values, count, null);
  if (result !== -ENOENT) check("bpf_map_lookup_batch", result); // ENOENT: that was all
  for (let i = 0; i < count[0]; i++)
    yield [
      keys.subarray(i * KEY_SIZE, (i + 1) * KEY_SIZE),
      values.subarray(i * valueSize, (i + 1) * valueSize),
    ];
}

/** Drops by cgroup since it is in the table, in no order. @throws LibbpfError */
export function readDropsByCgroup(fd: number): CgroupDrops[] {
  return [...entries(fd, 8)].map(([key, value]) => ({
    cgroup: key.readBigUInt64LE(0),
    type: key.readUInt32LE(8),
    cause: dropCauses[key.readUInt32LE(12)] ?? "malformed",
    count: Number(value.readBigUInt64LE(0)),
  }));
}

/**
 * Bytes that each cgroup wanted to put into the ring while that was fuller than its level, let in or not, since it is in
 * the table. @throws LibbpfError
 */
export function readDemandByCgroup(fd: number): Map<bigint, number> {
  const demand = new Map<bigint, number>();
  for (const [key, value] of entries(fd, SHARE.size)) {
    const cgroup = key.readBigUInt64LE(0);
    demand.set(cgroup, (demand.get(cgroup) ?? 0) + Number(value.readBigUInt64LE(SHARE.wanted)));
  }
  return demand;
}
