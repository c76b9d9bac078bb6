/** Texts for the two ends of a socket, from the record's facts. */
import { addressText, unixPath } from "./addresses.ts";
import { parts, socketFactFlags, socketRoles } from "./record.ts";
import type { RecordView } from "./record-view.ts";

const AF_UNIX = 1;
const { SOCKET, SOCKET_PATH, PEER_PATH } = parts;

/** Whether the record says anything about a socket. */
export function hasSocket(record: RecordView): boolean {
  return record.partLength(SOCKET) > 0;
}

/** AF_* of the socket as people see it: IPv4-mapped addresses of an IPv6 socket count as IPv4. 0 where none. */
export function socketFamily(record: RecordView): number {
  const family = record.socket(SOCKET, "family");
  return family !== 0 ? family : record.socket(SOCKET, "socket_family");
}

/** Whether the other end is known: connected, or named by the call. */
export function hasRemote(record: RecordView): boolean {
  const flags = record.socket(SOCKET, "flags");
  return (
    (flags & (socketFactFlags.CONNECTED | socketFactFlags.PEER_FROM_CALL)) !== 0 ||
    record.socket(SOCKET, "remote_port") !== 0
  );
}

/** Whether this end is bound. */
export function hasLocal(record: RecordView): boolean {
  return (
    hasRemote(record) ||
    (record.socket(SOCKET, "flags") & socketFactFlags.LISTENING) !== 0 ||
    record.socket(SOCKET, "local_port") !== 0
  );
}

/** `address:port` of one end; undefined where the socket is not an internet one. */
function end(record: RecordView, side: "local" | "remote"): string | undefined {
  const address = record.socketAddress(SOCKET, `${side}_address`);
  return address === undefined
    ? undefined
    : `${addressText(address)}:${record.socket(SOCKET, `${side}_port`)}`;
}

/** Path of a unix socket, the other end's where this one has none; "" where neither has. */
export function unixSocketPath(record: RecordView): string {
  const own = unixPath(record.text(SOCKET_PATH) ?? "");
  return own !== "" ? own : unixPath(record.text(PEER_PATH) ?? "");
}

/** A parameter `tuple`: where data come from, `->`, where they go. Undefined where neither end is known. */
export function socketTuple(record: RecordView, inbound: boolean): string | undefined {
  if (!hasSocket(record)) return undefined;
  if (socketFamily(record) === AF_UNIX) return `0->0 ${unixSocketPath(record)}`;
  if (!hasRemote(record)) return undefined;
  const local = end(record, "local");
  const remote = end(record, "remote");
  if (local === undefined || remote === undefined) return undefined;
  return inbound ? `${remote}->${local}` : `${local}->${remote}`;
}

/** fd.name of a socket: client first; one end where there is only one; "" where it has no name. */
export function socketName(record: RecordView): string {
  const family = socketFamily(record);
  if (family === AF_UNIX) return unixSocketPath(record);
  const local = end(record, "local");
  if (local === undefined) return "";
  if (hasRemote(record)) {
    const remote = end(record, "remote")!;
    return record.socket(SOCKET, "role") === socketRoles.SERVER
      ? `${remote}->${local}`
      : `${local}->${remote}`;
  }
  return hasLocal(record) ? local : "";
}
