/** Internet and unix addresses as texts, from the kernel's bytes (byte strings). */

function ipv4(bytes: string, at = 0): string {
  return `${bytes.charCodeAt(at)}.${bytes.charCodeAt(at + 1)}.${bytes.charCodeAt(at + 2)}.${bytes.charCodeAt(at + 3)}`;
}

function ipv6(bytes: string): string {
  const groups = Array.from(
    { length: 8 },
    (_, i) => bytes.charCodeAt(2 * i) * 256 + bytes.charCodeAt(2 * i + 1),
  );
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
    at += length;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.at < 0) return hex.join(":");
  return `${hex.slice(0, best.at).join(":")}::${hex.slice(best.at + best.length).join(":")}`;
}

/** Text of an address of 4 or 16 bytes. */
export function addressText(bytes: string): string {
  return bytes.length === 4 ? ipv4(bytes) : ipv6(bytes);
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** What a `struct sockaddr` of user space says. */
export interface SocketAddress {
  readonly family: number;
  /** 4 or 16 bytes; undefined for other families. */
  readonly address: string | undefined;
  readonly port: number;
  /** Of a unix socket; abstract names begin with `@`. */
  readonly path: string | undefined;
}

const mappedIpv4 = "\0".repeat(10) + "\xff\xff";

/** An IPv6 address that stands for an IPv4 one is shown as that, as the kernel side does it. */
function unmapped(address: string, port: number): SocketAddress {
  const mapped = address.startsWith(mappedIpv4);
  return {
    family: mapped ? AF_INET : AF_INET6,
    address: mapped ? address.slice(12) : address,
    port,
    path: undefined,
  };
}

/** Reads a `struct sockaddr`; undefined where it is too short for its family. */
export function parseSocketAddress(bytes: string): SocketAddress | undefined {
  if (bytes.length < 2) return undefined;
  const family = bytes.charCodeAt(0) | (bytes.charCodeAt(1) << 8);
  const port = bytes.length < 4 ? 0 : (bytes.charCodeAt(2) << 8) | bytes.charCodeAt(3);
  if (family === AF_INET)
    return bytes.length < 8 ? undefined : { family, address: bytes.slice(4, 8), port, path: undefined };
  if (family === AF_INET6) return bytes.length < 24 ? undefined : unmapped(bytes.slice(8, 24), port);
  const path = family === AF_UNIX ? unixPath(bytes.slice(2)) : undefined;
  return { family, address: undefined, port: 0, path };
}

/** A unix socket's name: a path up to its NUL, or an abstract one, of which the leading NUL is shown as `@`. */
export function unixPath(bytes: string): string {
  if (bytes.startsWith("\0")) {
    const name = bytes.replace(/\0+$/, "");
    return name === "" ? "" : `@${name.slice(1)}`;
  }
  const end = bytes.indexOf("\0");
  return end < 0 ? bytes : bytes.slice(0, end);
}

/** Bytes of a `struct sockaddr` from its parts: for fixtures. */
export function socketAddressBytes({ family, address = "", port, path = "" }: SocketAddress): string {
  const number = String.fromCharCode(family & 255, family >> 8);
  const portBytes = String.fromCharCode(port >> 8, port & 255);
  if (family === AF_INET) return `${number}${portBytes}${address}${"\0".repeat(8)}`;
  if (family === AF_INET6) return `${number}${portBytes}\0\0\0\0${address}\0\0\0\0`;
  return `${number}${path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`}`;
}

/** Bytes of an address text, 4 or 16; undefined for what is none. */
export function parseAddress(text: string): string | undefined {
  if (!text.includes(":")) {
    const parts = text.split(".");
    if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
      return undefined;
    return String.fromCharCode(...parts.map(Number));
  }
  const [front = "", back, ...rest] = text.split("::");
  if (rest.length > 0) return undefined;
  const left = front === "" ? [] : front.split(":");
  const right = back === undefined || back === "" ? [] : back.split(":");
  const gap = 8 - left.length - right.length;
  if (back === undefined ? gap !== 0 : gap < 1) return undefined;
  const groups = [...left, ...Array<string>(gap).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups
    .map((group) => String.fromCharCode(parseInt(group, 16) >> 8, parseInt(group, 16) & 255))
    .join("");
}
