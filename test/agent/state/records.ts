/** Records as the kernel would write them, for tests of state. */
import { RecordView } from "../../../agent/events/record-view.ts";
import {
  DATA_AT,
  HEADER,
  PARTS_AT,
  exeFact,
  headerFields,
  offsets,
  parts as partIndex,
  recordFlags,
  type HeaderField,
} from "../../../agent/events/record.ts";
import { eventCode } from "../../../agent/events/table.ts";

export type Header = Partial<
  Record<Exclude<HeaderField, "length" | "type" | "part_count" | "comm">, number | bigint>
> & {
  comm?: string;
};
/** A part: bytes as text, or a scalar of 8 bytes. */
export type Parts = Readonly<Record<number, string | number | bigint>>;

const view = new RecordView();

/** One record in a view that is reused, as capture's is. A header without `flags` is a main thread's. */
export function record(event: string, header: Header, parts: Parts = {}): RecordView {
  const bytes = Buffer.alloc(32_768);
  const type = eventCode(event);
  if (type === undefined) throw new Error(`no event ${event}`);
  let at = DATA_AT;
  let count = 0;
  for (const [key, value] of Object.entries(parts)) {
    const index = Number(key);
    const data = typeof value === "string" ? Buffer.from(value, "latin1") : Buffer.alloc(8);
    if (typeof value !== "string") data.writeBigInt64LE(BigInt(value));
    data.copy(bytes, at);
    bytes.writeUInt16LE(at, PARTS_AT + index * 4);
    bytes.writeUInt16LE(data.length, PARTS_AT + index * 4 + 2);
    at += data.length;
    count = Math.max(count, index + 1);
  }
  const { comm, ...numbers } = {
    tid: header.pid,
    vpid: header.pid,
    vtid: header.tid ?? header.pid,
    ...header,
  };
  const all: Record<string, number | bigint | undefined> = {
    ...numbers,
    flags: header.flags ?? (numbers.tid === header.pid ? recordFlags.LEADER : 0),
    length: at,
    type,
    part_count: count,
  };
  for (const [name, size] of headerFields) {
    const value = all[name];
    if (value === undefined) continue;
    const bits = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++) bytes[HEADER[name] + i] = Number((bits >> BigInt(8 * i)) & 0xffn);
  }
  bytes.write(comm ?? "", HEADER.comm, 15, "latin1");
  view.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, at);
  return view;
}

const EXE = offsets(exeFact);

/** The part EXE of an exec. */
export function exePart(fact: {
  ino?: bigint;
  flags?: number;
  pidns_start?: bigint;
  ctime?: bigint;
  mtime?: bigint;
}): string {
  const bytes = Buffer.alloc(EXE.size);
  bytes.writeBigUInt64LE(fact.ino ?? 0n, EXE.ino);
  bytes.writeBigUInt64LE(fact.ctime ?? 0n, EXE.ctime);
  bytes.writeBigUInt64LE(fact.mtime ?? 0n, EXE.mtime);
  bytes.writeUInt32LE(fact.flags ?? 0, EXE.flags);
  bytes.writeBigUInt64LE(fact.pidns_start ?? 0n, EXE.pidns_start);
  return bytes.toString("latin1");
}

/** A fork: `header` is the parent's. */
export function forkRecord(
  header: Header,
  child: {
    pid: number;
    start: bigint;
    thread?: boolean;
    vpid?: number;
    cgroup?: bigint;
    pidns?: number;
    tid?: number;
    parent?: number;
  },
): RecordView {
  return record("task_fork", header, {
    0: child.pid,
    1: child.tid ?? child.pid,
    2: child.start,
    3: child.vpid ?? child.pid,
    4: child.vpid ?? child.pid,
    5: child.cgroup ?? header.cgroup ?? 0,
    6: child.pidns ?? header.pidns ?? 0,
    7: child.thread === true ? 1 : 0,
    ...(child.parent !== undefined && { 8: child.parent }),
  });
}

/** A successful exec of `args` (argv). */
export function execRecord(
  header: Header,
  exePath: string,
  args: readonly string[],
  more: Parts = {},
): RecordView {
  return record(
    "execve",
    { ret: 0, ...header },
    {
      [partIndex.EXE_PATH]: exePath,
      [partIndex.ARGS]: args.map((argument) => `${argument}\0`).join(""),
      ...more,
    },
  );
}

/** The exit of a thread; `alive` threads of its group go on. */
export function exitRecord(header: Header, reaper: number, alive = 0): RecordView {
  return record("procexit", header, { 0: reaper, 1: alive });
}
