/** IP addresses and networks: text → bytes and back (condition-language 3.3). */
import type { ByteString } from "../catalogue.ts";
import type { Network } from "./typed.ts";

/** The 4 or 16 bytes of an address; undefined where the text is none. A text with a dot is IPv4, never IPv6. */
export function parseAddress(text: string): ByteString | undefined {
  return text.includes(".") ? parseIPv4(text) : parseIPv6(text);
}

function parseIPv4(text: string): ByteString | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1);
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith("0")))) return undefined;
  return String.fromCharCode(...parts.map(Number));
}

function parseIPv6(text: string): ByteString | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = [...head!, ...(tail ?? [])];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const full = tail === undefined ? groups : [...head!, ...Array<string>(missing).fill("0"), ...tail];
  return full
    .map((group) => parseInt(group, 16))
    .map((group) => String.fromCharCode(group >> 8, group & 255))
    .join("");
}

/** What is wrong with the text of a network, or the network. */
export function parseNetwork(text: string): Network | { readonly problem: string } {
  const version = text.includes(".") ? 4 : 6;
  const [host = "", mask, ...more] = text.split("/");
  const address = parseAddress(host);
  const prefix = mask !== undefined && /^\d{1,3}$/.test(mask) ? Number(mask) : undefined;
  if (version === 4) {
    if (address === undefined || prefix === undefined || prefix > 32 || more.length > 0)
      return { problem: `unrecognized IP network ${text}` };
  } else {
    if (prefix === undefined || prefix < 1 || prefix > 128 || more.length > 0)
      return { problem: `invalid v6 netmask ${mask ?? text}` };
    if (address === undefined) return { problem: `unrecognized IPv6 address ${host}` };
  }
  return { address: masked(address, prefix), prefix };
}

function masked(address: ByteString, prefix: number): ByteString {
  const bytes = [...address].map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8));
    return byte.charCodeAt(0) & (0xff00 >> kept) & 0xff;
  });
  return String.fromCharCode(...bytes);
}

/** A test whether address bytes lie in one of the networks; an address of the other family never does. */
export function inNetworks(networks: readonly Network[]): (address: ByteString) => boolean {
  const tests = networks.map(inNetwork);
  if (tests.length === 1) return tests[0]!;
  return (address) => {
    for (const test of tests) if (test(address)) return true;
    return false;
  };
}

function inNetwork({ address, prefix }: Network): (value: ByteString) => boolean {
  const whole = prefix >> 3;
  const head = address.slice(0, whole);
  const mask = (0xff00 >> (prefix & 7)) & 0xff;
  const { length } = address;
  if (mask === 0) return (value) => value.length === length && value.startsWith(head);
  const rest = address.charCodeAt(whole);
  return (value) =>
    value.length === length && (value.charCodeAt(whole) & mask) === rest && value.startsWith(head);
}

/** Text of 4 or 16 address bytes, as inet_ntop(3) writes it; undefined for another length. */
export function addressText(bytes: ByteString): string | undefined {
  if (bytes.length === 4) return Array.from(bytes, (byte) => byte.charCodeAt(0)).join(".");
  if (bytes.length !== 16) return undefined;
  if (bytes.startsWith("\0\0\0\0\0\0\0\0\0\0\xff\xff")) return `::ffff:${addressText(bytes.slice(12))}`;
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes.charCodeAt(2 * i) << 8) | bytes.charCodeAt(2 * i + 1)).toString(16),
  );
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
