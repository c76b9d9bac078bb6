/** The two ends of a socket: by role (client, server) and by place (local, remote). */
import { socketRoles } from "../events/record.ts";
import type { RecordView } from "../events/record-view.ts";
import { localEnd, remoteEnd, socketRole } from "../events/socket-names.ts";
import type { SyscallContext } from "./context.ts";
import { hasDescriptor, protocol } from "./fd-facts.ts";
import type { Read } from "./field.ts";

export type End = "client" | "server" | "local" | "remote";
export type What = "address" | "port";
type EndReader = typeof localEnd;

/** Which end of the record it is; undefined where the role that would tell is not known. */
function readerOf(record: RecordView, end: End): EndReader | undefined {
  switch (end) {
    case "local":
      return localEnd;
    case "remote":
      return remoteEnd;
    case "client":
    case "server":
      return byRole(record, end);
  }
}

function byRole(record: RecordView, end: "client" | "server"): EndReader | undefined {
  // A socket without another end that is bound is a server to be.
  if (remoteEnd(record, "port") === undefined) return end === "server" ? localEnd : undefined;
  switch (socketRole(record)) {
    case socketRoles.CLIENT:
      return end === "client" ? localEnd : remoteEnd;
    case socketRoles.SERVER:
      return end === "client" ? remoteEnd : localEnd;
    default:
      return undefined;
  }
}

/** Address bytes or port of one end. */
export function endpoint(end: End, what: What): Read {
  return (c) => (hasDescriptor(c) ? readerOf(c.record, end)?.(c.record, what) : undefined);
}

/** Address bytes or ports of both ends, for fields that compare either. */
export function either(what: What): Read {
  return (c) => {
    if (!hasDescriptor(c)) return undefined;
    const local = localEnd(c.record, what);
    const remote = remoteEnd(c.record, what);
    if (local === undefined || remote === undefined) return local ?? remote;
    return [local, remote];
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
