/** What a record says of the task itself where a rule asked for it: what it uses, where its first descriptors lead. */
import { addressText } from "./addresses.ts";
import { offsets, parts, socketRoles, streamFact, taskFact } from "./record.ts";
import { narrow, type RecordView } from "./record-view.ts";

const TASK = offsets(taskFact);
const STREAM = offsets(streamFact);

/** What the kernel counts of a task (record.ts). */
export type TaskCount = Exclude<(typeof taskFact)[number][0], "unused">;

/** One count; undefined where the record has none. */
export function taskCount(record: RecordView, name: TaskCount): number | bigint | undefined {
  if (record.partLength(parts.TASK) < TASK.size) return undefined;
  const at = record.partOffset(parts.TASK) + TASK[name];
  return name === "fdopencount" ? record.u32(at) : narrow(record.u64(at));
}

/** Where the fact of descriptor 0, 1 or 2 begins; undefined where the record has none or the descriptor is closed. */
export function streamAt(record: RecordView, fd: number): number | undefined {
  if (record.partLength(parts.STREAMS) < (fd + 1) * STREAM.size) return undefined;
  const at = record.partOffset(parts.STREAMS) + fd * STREAM.size;
  return record.u32(at + STREAM.fs_magic) === 0 ? undefined : at;
}

/** One number of the fact at `at`. */
export function streamNumber(
  record: RecordView,
  at: number,
  name: "mode" | "fs_magic" | "anon" | "flags" | "family",
): number {
  return name === "family" ? record.u16(at + STREAM.family) : record.u32(at + STREAM[name]);
}

/** Resolved path of what the fact at `at` is about; undefined where it has none or nobody asked. */
export function streamPath(record: RecordView, at: number): string | undefined {
  const path = record.u16(at + STREAM.path_at);
  return path === 0 ? undefined : record.textAt(path, record.u16(at + STREAM.path_length));
}

/** `address:port` of both ends of an internet socket, client first; one end where there is only one. */
export function streamConnection(record: RecordView, at: number): string {
  const size = record.u16(at + STREAM.family) === 2 ? 4 : 16;
  const end = (address: number, port: number) =>
    `${addressText(record.textAt(at + address, size) ?? "")}:${record.u16(at + port)}`;
  const local = end(STREAM.local_address, STREAM.local_port);
  if (record.u16(at + STREAM.remote_port) === 0) return record.u16(at + STREAM.local_port) === 0 ? "" : local;
  const remote = end(STREAM.remote_address, STREAM.remote_port);
  return record.u16(at + STREAM.role) === socketRoles.SERVER ? `${remote}->${local}` : `${local}->${remote}`;
}
