/** The two ends of a socket: by role (client, server) and by place (local, remote). */
import { parts, socketRoles } from "../events/record.ts";
import type { RecordView } from "../events/record-view.ts";
import { hasLocal, hasRemote, hasSocket } from "../events/socket-names.ts";
import type { SyscallContext } from "./context.ts";
import { hasDescriptor, protocol } from "./fd-facts.ts";
import type { Read } from "./field.ts";

export type End = "client" | "server" | "local" | "remote";
export type What = "address" | "port";
type Side = "local" | "remote";

const { SOCKET } = parts;

/** Which side an end is; undefined where the role that would tell is not known, or there is no such end. */
function sideOf(record: RecordView, end: End): Side | undefined {
  if (!hasSocket(record)) return undefined;
  switch (end) {
    case "local":
      return hasLocal(record) ? "local" : undefined;
    case "remote":
      return hasRemote(record) ? "remote" : undefined;
    case "client":
    case "server":
      return byRole(record, end);
  }
}

function byRole(record: RecordView, end: "client" | "server"): Side | undefined {
  const role = record.socket(SOCKET, "role");
  if (role === socketRoles.CLIENT && hasRemote(record)) return end === "client" ? "local" : "remote";
  if (role === socketRoles.SERVER && hasRemote(record)) return end === "client" ? "remote" : "local";
  return end === "server" && !hasRemote(record) && hasLocal(record) ? "local" : undefined;
}

function valueOf(record: RecordView, side: Side, what: What): string | number | undefined {
  const address = record.socketAddress(SOCKET, `${side}_address`);
  if (what === "address" || address === undefined) return address;
  return record.socket(SOCKET, `${side}_port`);
}

/** Address bytes or port of one end. */
export function endpoint(end: End, what: What): Read {
  return (c) => {
    const side = hasDescriptor(c) ? sideOf(c.record, end) : undefined;
    return side === undefined ? undefined : valueOf(c.record, side, what);
  };
}

/** Address bytes or ports of both ends, for fields that compare either. */
export function either(what: What): Read {
  return (c) => {
    if (!hasDescriptor(c) || !hasSocket(c.record) || !hasLocal(c.record)) return undefined;
    const local = valueOf(c.record, "local", what);
    const remote = hasRemote(c.record) ? valueOf(c.record, "remote", what) : undefined;
    const values = [local, remote].filter((value): value is string | number => value !== undefined);
    return values.length === 0 ? undefined : values;
  };
}

/** Service name of an end's port, else the port as text. */
export function serviceName(end: End): Read {
  const port = endpoint(end, "port");
  return (c: SyscallContext) => {
    const number = port(c);
    if (typeof number !== "number") return undefined;
    return c.host.serviceName(number, protocol(c) ?? "tcp") ?? String(number);
  };
}

/** Differs from every name. */
const nameless: readonly string[] = [""];

/**
 * Names of rules that lead to an end's address, an empty one where there is none; undefined where there is no address. DNS is never
 * asked for the names of an event's addresses.
 */
export function addressNames(ends: readonly End[]): Read {
  const reads = ends.map((end) => endpoint(end, "address"));
  return (c) => {
    if (c.host.addressNames === undefined) return undefined;
    let names: string[] | undefined;
    for (const read of reads) {
      const address = read(c);
      if (typeof address === "string") (names ??= []).push(...c.host.addressNames(address));
    }
    return names?.length === 0 ? nameless : names;
  };
}
