/** proc.stdin.*, proc.stdout.*, proc.stderr.*: what descriptors 0, 1 and 2 lead to as the call returns. */
import { unixPath } from "../events/addresses.ts";
import type { RecordView } from "../events/record-view.ts";
import { streamAt, streamConnection, streamNumber, streamPath } from "../events/task-facts.ts";
import type { SyscallContext } from "./context.ts";
import { fileKind, kinds, socketKind, type Kind } from "./fd-kinds.ts";

const STREAMS = 3;

function kindAt(record: RecordView, at: number): Kind {
  const family = streamNumber(record, at, "family");
  if (family !== 0) return socketKind(family);
  const number = (name: "anon" | "flags" | "mode" | "fs_magic") => streamNumber(record, at, name);
  return fileKind(number("anon"), number("flags"), number("mode"), number("fs_magic"));
}

/** Where the fact about a stream begins; undefined for other descriptors and where nothing is known. */
const place = (c: SyscallContext, fd: number) =>
  Number.isInteger(fd) && fd >= 0 && fd < STREAMS ? streamAt(c.record, fd) : undefined;

/** fd.type of the stream. */
export function streamType(c: SyscallContext, fd: number): string | undefined {
  const at = place(c, fd);
  return at === undefined ? undefined : kindAt(c.record, at).type;
}

/** fd.name of the stream: its path, its connection, "" for what has no name. */
export function streamName(c: SyscallContext, fd: number): string | undefined {
  const at = place(c, fd);
  if (at === undefined) return undefined;
  const kind = kindAt(c.record, at);
  if (kind === kinds.ipv4 || kind === kinds.ipv6) return streamConnection(c.record, at);
  const path = streamPath(c.record, at) ?? "";
  if (kind === kinds.unix) return unixPath(path);
  return kind === kinds.memfd ? path.replace(/^\/?memfd:/, "") : path;
}
