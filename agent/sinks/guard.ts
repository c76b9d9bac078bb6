/**
 * Where a team's sink may not go: to the node itself, and to what only nodes reach (the cloud's metadata). Agents run on
 * every node with rights of their own, so a URL that a team wrote must not make them ask on its behalf.
 */
import { lookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

const refused = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  // Alibaba Cloud's metadata.
  ["100.100.100.200", 32],
  ["224.0.0.0", 3],
] as const)
  refused.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
  // Amazon's metadata.
  ["fd00:ec2::", 32],
] as const)
  refused.addSubnet(network, bits, "ipv6");

/** Whether an IP address is one that a team's sink may not go to; an IPv4 address in an IPv6 one counts as itself. */
export function isRefused(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  if (family === 4) return refused.check(address, "ipv4");
  return refused.check(address, "ipv6") || (refusedInside(address) ?? false);
}

/** For ::ffff:A.B.C.D, and NAT64's 64:ff9b::A.B.C.D; undefined for others. */
function refusedInside(address: string): boolean | undefined {
  const { hostname } = new URL(`http://[${address}]`);
  const match = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)];
  return refused.check([high >> 8, high & 255, low >> 8, low & 255].join("."), "ipv4");
}

export const refusal = (host: string): string =>
  `${host} is the node itself or reserved for it; a team's sink may not go there`;

/** Looks names up as usual and leaves out addresses that may not be; an error where none is left. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, "", 0);
    const allowed = addresses.filter(({ address }) => !isRefused(address));
    const [first] = allowed;
    if (first === undefined) return callback(new Error(refusal(hostname)), "", 0);
    if (options.all === true) return callback(null, allowed);
    callback(null, first.address, first.family);
  });
};
