/** The node as events of another moment see it: its processes are those of that moment. */
import type { ByteString, Host, Process, Users } from "../../state/types.ts";

export class MomentHost implements Host {
  /** Processes by id, as they were. */
  processes: ReadonlyMap<number, Process> = new Map();
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  get hostname(): string {
    return this.host.hostname;
  }
  get bootTime(): bigint {
    return this.host.bootTime;
  }
  get users(): Users {
    return this.host.users;
  }
  process(pid: number): Process | undefined {
    return this.processes.get(pid);
  }
  addressNames(address: ByteString): readonly string[] {
    return this.host.addressNames?.(address) ?? [];
  }
  serviceName(port: number, protocol: string): string | undefined {
    return this.host.serviceName(port, protocol);
  }
  isLocalAddress(address: ByteString): boolean {
    return this.host.isLocalAddress(address);
  }
  mountPoint(dev: number): string | undefined {
    return this.host.mountPoint(dev);
  }
}
