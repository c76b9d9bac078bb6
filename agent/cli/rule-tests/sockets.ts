/** Sockets in test files: `10.0.0.1:40000->1.2.3.4:443`, `1.2.3.4:443`, `/run/x.sock`. */
import { parseAddress, socketAddressBytes } from "../../events/addresses.ts";
import { parts, socketFactFlags, socketRoles } from "../../events/record.ts";
import type { Draft } from "./fixture.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const EINPROGRESS = -115;

interface Endpoint {
  readonly family: number;
  readonly address: string;
  readonly port: number;
}

/** An address with its port; undefined for what is none. */
function parseEndpoint(text: string): Endpoint | undefined {
  const colon = text.lastIndexOf(":");
  const address = parseAddress(text.slice(0, colon).replace(/^\[(.*)\]$/, "$1"));
  const port = text.slice(colon + 1);
  if (colon < 0 || address === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65535) return undefined;
  return { family: address.length === 4 ? AF_INET : AF_INET6, address, port: Number(port) };
}

/** Calls that send datagrams to a peer they name. */
const sends: ReadonlySet<string> = new Set(["send", "sendto", "sendmsg", "sendmmsg"]);
const accepts: ReadonlySet<string> = new Set(["accept", "accept4"]);

function base(draft: Draft, event: string, family: number): NonNullable<Draft["socket"]> {
  const connected = Number(draft.header.ret ?? 0) >= 0 || draft.header.ret === EINPROGRESS;
  draft.socket = {
    family,
    socket_family: family,
    type: sends.has(event) && family !== AF_UNIX ? SOCK_DGRAM : SOCK_STREAM,
    role: accepts.has(event) ? socketRoles.SERVER : socketRoles.CLIENT,
    flags: sends.has(event)
      ? socketFactFlags.PEER_FROM_CALL | socketFactFlags.NAME_CHANGED
      : connected
        ? socketFactFlags.CONNECTED
        : socketFactFlags.PEER_FROM_CALL,
    ...draft.socket,
  };
  return draft.socket;
}

/** Takes a `tuple`: where the data come from, `->`, where they go. Gives what is wrong with it. */
export function takeTuple(draft: Draft, event: string, text: string): string | undefined {
  const [from = "", to, ...rest] = text.split("->");
  const left = parseEndpoint(from);
  const right = parseEndpoint(to ?? "");
  if (to !== undefined && rest.length === 0 && left === undefined && /[/@]/.test(to)) {
    base(draft, event, AF_UNIX);
    draft.parts.set(parts.PEER_PATH, to.slice(to.search(/[/@]/)));
    return undefined;
  }
  if (left === undefined || right === undefined || rest.length > 0 || left.family !== right.family)
    return `${text} is no pair of ends; write it as 10.0.0.1:40000->1.2.3.4:443`;
  const [local, remote] = accepts.has(event) ? [right, left] : [left, right];
  Object.assign(base(draft, event, local.family), {
    local_address: local.address,
    local_port: local.port,
    remote_address: remote.address,
    remote_port: remote.port,
  });
  return undefined;
}

/** Takes an `addr` into its part and, where no tuple says more, as the peer (connect) or own address (bind). */
export function takeAddress(draft: Draft, event: string, part: number, text: string): string | undefined {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) {
    if (!/^[/@]/.test(text)) return `${text} is no address; write 1.2.3.4:443, ::1:443 or /run/x.sock`;
    draft.parts.set(part, socketAddressBytes({ family: AF_UNIX, address: undefined, port: 0, path: text }));
    base(draft, event, AF_UNIX);
    draft.parts.set(event === "bind" ? parts.SOCKET_PATH : parts.PEER_PATH, text);
    return undefined;
  }
  draft.parts.set(part, socketAddressBytes({ ...endpoint, path: undefined }));
  const socket = base(draft, event, endpoint.family);
  if (event === "bind") {
    socket.role = socketRoles.UNKNOWN;
    socket.flags = 0;
    socket.local_address ??= endpoint.address;
    socket.local_port ??= endpoint.port;
  } else {
    socket.remote_address ??= endpoint.address;
    socket.remote_port ??= endpoint.port;
  }
  return undefined;
}

/** A new socket of a family: as the call socket() leaves it. */
export function freshSocket(draft: Draft, family: number, type: number, protocol: number): void {
  draft.socket = { family, socket_family: family, type: type & 0xf, protocol };
}
