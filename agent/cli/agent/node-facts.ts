/** Files of the node that fields print from: read on the main thread, shown to the capture thread. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { localAddresses, type HostFacts } from "../../state/host.ts";
import type { ByteString } from "../../state/types.ts";

export interface NodeFacts {
  /** Text of /proc/1/mountinfo. */
  readonly mountinfo: ByteString;
  readonly addresses: readonly ByteString[];
  /** Text of /etc/services; "" where there is none. */
  readonly services: string;
}

/** A file of the node itself; "" where it cannot be read. */
function text(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** The facts as they are now. */
export function readNodeFacts(): NodeFacts {
  return {
    mountinfo: text("/proc/1/mountinfo"),
    addresses: localAddresses(networkInterfaces()),
    services: text("/etc/services"),
  };
}

/** Sets what differs from `last`. */
export function setNodeFacts(host: HostFacts, facts: NodeFacts, last: NodeFacts | undefined): void {
  host.setAddresses(facts.addresses);
  if (facts.mountinfo !== last?.mountinfo) host.setMounts(facts.mountinfo);
  if (facts.services !== last?.services) host.setServices(facts.services);
}
