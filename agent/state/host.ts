/** Facts of the whole node. The wiring reads the files and sets anew what changes; look-ups are from memory. */
import { isIPv4 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { mountPoints, mountsOf } from "./mounts.ts";
import { parseServices } from "./services.ts";
import type { ByteString, Host, Process, Users } from "./types.ts";

export interface HostFactsOptions {
  readonly hostname: string;
  /** ns since the epoch at which CLOCK_BOOTTIME was 0. */
  readonly bootTime: bigint;
  readonly users: Users;
  readonly process: (pid: number) => Process | undefined;
}

/**
 * The name of the node in alerts: what the environment says (FALCO_HOSTNAME, then NODE_NAME), else the host's own.
 */
export function hostname(environment: Readonly<Record<string, string | undefined>>, own: string): string {
  return environment["FALCO_HOSTNAME"] || environment["NODE_NAME"] || own;
}

/** The bytes of a textual address, 4 or 16 of them; undefined where it is none. A zone (`%eth0`) is left out. */
export function addressBytes(text: string): ByteString | undefined {
  if (isIPv4(text)) return String.fromCharCode(...text.split(".").map(Number));
  const [head = "", tail] = text.replace(/%.*/, "").split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const missing = 8 - front.length - back.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined;
  const all = [...front, ...Array.from({ length: missing }, () => 0), ...back];
  if (all.some((group) => !(group >= 0 && group <= 0xffff))) return undefined;
  return all.map((group) => String.fromCharCode(group >> 8, group & 0xff)).join("");
}

/** All addresses of the node's interfaces, in bytes, from os.networkInterfaces(). Loopback's belong to it. */
export function localAddresses(
  interfaces: Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, "address">[] | undefined>>,
): ByteString[] {
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => addressBytes(address))
    .filter((bytes) => bytes !== undefined);
}

const unnamed: readonly string[] = [];

export class HostFacts implements Host {
  readonly hostname: string;
  bootTime: bigint;
  readonly users: Users;
  private readonly options: HostFactsOptions;
  private addresses: ReadonlySet<ByteString> = new Set();
  private points: ReadonlyMap<number, string> = new Map();
  private mountinfo: ByteString | undefined;
  private services: ReadonlyMap<string, string> = new Map();
  private names: ReadonlyMap<ByteString, readonly string[]> = new Map();

  constructor(options: HostFactsOptions) {
    this.options = options;
    this.hostname = options.hostname;
    this.bootTime = options.bootTime;
    this.users = options.users;
  }

  /** Sets when CLOCK_BOOTTIME was 0, after somebody set the wall clock. */
  setBootTime(bootTime: bigint): void {
    this.bootTime = bootTime;
  }
  /** Sets the node's own addresses (localAddresses). */
  setAddresses(addresses: readonly ByteString[]): void {
    this.addresses = new Set(addresses);
  }
  /** Sets the mounts of the node's mount namespace: bytes of /proc/1/mountinfo as latin1. */
  setMounts(mountinfo: ByteString): void {
    if (mountinfo === this.mountinfo) return;
    this.mountinfo = mountinfo;
    this.points = mountPoints(mountsOf(mountinfo));
  }
  /** Sets the names of ports: text of /etc/services. */
  setServices(text: string): void {
    this.services = parseServices(text);
  }

  /** Sets which host names of rules lead to which address (4 or 16 bytes). */
  setAddressNames(names: ReadonlyMap<ByteString, readonly string[]>): void {
    this.names = names;
  }

  process(pid: number): Process | undefined {
    return this.options.process(pid);
  }
  serviceName(port: number, protocol: string): string | undefined {
    return this.services.get(`${port}/${protocol}`);
  }
  addressNames(address: ByteString): readonly string[] {
    return this.names.get(address) ?? unnamed;
  }
  isLocalAddress(address: ByteString): boolean {
    // The whole of 127.0.0.0/8 is the loopback interface's.
    return this.addresses.has(address) || (address.length === 4 && address.charCodeAt(0) === 127);
  }
  mountPoint(dev: number): string | undefined {
    return this.points.get(dev);
  }
}
