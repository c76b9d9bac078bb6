/** What the kernel side counted: records handed over and lost. */
import { check, libbpf } from "./native.ts";

/** enum drop_cause, and the two that only user space can see. */
export const dropCauses = ["ring_full", "ring_reserved", "tail_call", "recursion", "malformed"] as const;
export type DropCause = (typeof dropCauses)[number];

const KERNEL_CAUSES = 4;
const COUNTS_SIZE = 8 * (1 + KERNEL_CAUSES);
const TOTALS_SIZE = 16;
const DROP_KEY_SIZE = 16;
/** Entries of the map `drops`, which is what one reading can meet at most. */
const DROP_ENTRIES = 4096;

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

/** Bytes put into the ring, and how often the reader was woken. @throws LibbpfError */
export function readTotals(fd: number): { readonly bytes: number; readonly wakeUps: number } {
  const [bytes, wakeUps] = sumWords(fd, 0, TOTALS_SIZE);
  return { bytes: bytes!, wakeUps: wakeUps! };
}

/** Drops by cgroup, in no order. An entry that the kernel evicts meanwhile may be missed. @throws LibbpfError */
export function readDropsByCgroup(fd: number): CgroupDrops[] {
  const result: CgroupDrops[] = [];
  const value = Buffer.alloc(8);
  let key: Buffer | null = null;
  for (let i = 0; i < DROP_ENTRIES; i++) {
    const next: Buffer = Buffer.alloc(DROP_KEY_SIZE);
    if (libbpf().bpf_map_get_next_key(fd, key, next) < 0) break;
    key = next;
    if (libbpf().bpf_map_lookup_elem(fd, key, value) < 0) continue;
    result.push({
      cgroup: key.readBigUInt64LE(0),
      type: key.readUInt32LE(8),
      cause: dropCauses[key.readUInt32LE(12)] ?? "malformed",
      count: Number(value.readBigUInt64LE(0)),
    });
  }
  return result;
}
