/** Texts for the two ends of a socket, from the record's facts. */
import { addressText, parseSocketAddress, unixPath, type SocketAddress } from "./addresses.ts";
import { parts, socketFactFlags, socketRoles } from "./record.ts";
import type { RecordView } from "./record-view.ts";
import { eventCode, events, type EventRow } from "./table.ts";

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

const connect = eventCode("connect")!;
/** The part of connect that holds the address it was given. */
const CONNECT_ADDRESS =
  (events as readonly EventRow[])[connect]!.params.findIndex(([name]) => name === "addr") - 1;

/** Whether the socket itself knows its other end: connected, or named by the call. */
function knowsRemote(record: RecordView): boolean {
  const flags = record.socket(SOCKET, "flags");
  return (
    (flags & (socketFactFlags.CONNECTED | socketFactFlags.PEER_FROM_CALL)) !== 0 ||
    record.socket(SOCKET, "remote_port") !== 0
  );
}

/** The end that a connect asked for which failed: the socket does not keep it. */
function askedRemote(record: RecordView): SocketAddress | undefined {
  if (record.type !== connect) return undefined;
  const bytes = record.text(CONNECT_ADDRESS);
  const asked = bytes === undefined ? undefined : parseSocketAddress(bytes);
  return asked?.address === undefined ? undefined : asked;
}

/** Address bytes or port of this end; undefined where it is not bound or the socket is no internet one. */
export function localEnd(record: RecordView, what: "address" | "port"): string | number | undefined {
  if (!hasSocket(record)) return undefined;
  const address = record.socketAddress(SOCKET, "local_address");
  const bound =
    knowsRemote(record) ||
    (record.socket(SOCKET, "flags") & socketFactFlags.LISTENING) !== 0 ||
    record.socket(SOCKET, "local_port") !== 0;
  if (address === undefined || !(bound || askedRemote(record) !== undefined)) return undefined;
  return what === "address" ? address : record.socket(SOCKET, "local_port");
}

/** Address bytes or port of the other end; undefined where nobody knows it or the socket is no internet one. */
export function remoteEnd(record: RecordView, what: "address" | "port"): string | number | undefined {
  if (!hasSocket(record)) return undefined;
  if (knowsRemote(record)) {
    const address = record.socketAddress(SOCKET, "remote_address");
    return what === "address" || address === undefined ? address : record.socket(SOCKET, "remote_port");
  }
  return askedRemote(record)?.[what];
}

/** Who made the first move, as socketRoles; who connects is the client even where it fails. */
export function socketRole(record: RecordView): number {
  const role = record.socket(SOCKET, "role");
  return role === socketRoles.UNKNOWN && record.type === connect ? socketRoles.CLIENT : role;
}

/** `address:port` of one end. */
function end(record: RecordView, read: typeof localEnd): string | undefined {
  const address = read(record, "address");
  return typeof address === "string" ? `${addressText(address)}:${read(record, "port")}` : undefined;
}

/** Path of a unix socket: the server's, which is the other end's where this one connected; "" where neither has one. */
export function unixSocketPath(record: RecordView): string {
  const own = unixPath(record.text(SOCKET_PATH) ?? "");
  const peer = unixPath(record.text(PEER_PATH) ?? "");
  return socketRole(record) === socketRoles.CLIENT ? peer || own : own || peer;
}

/** A parameter `tuple`: where data come from, `->`, where they go. Undefined where neither end is known. */
export function socketTuple(record: RecordView, inbound: boolean): string | undefined {
  if (!hasSocket(record)) return undefined;
  if (socketFamily(record) === AF_UNIX) return `0->0 ${unixSocketPath(record)}`;
  const local = end(record, localEnd);
  const remote = end(record, remoteEnd);
  if (local === undefined || remote === undefined) return undefined;
  return inbound ? `${remote}->${local}` : `${local}->${remote}`;
}

/** fd.name of a socket: client first; one end where there is only one; "" where it has no name. */
export function socketName(record: RecordView): string {
  const family = socketFamily(record);
  if (family === AF_UNIX) return unixSocketPath(record);
  const local = end(record, localEnd);
  const remote = end(record, remoteEnd);
  if (local === undefined || remote === undefined) return local ?? "";
  return socketRole(record) === socketRoles.SERVER ? `${remote}->${local}` : `${local}->${remote}`;
}
