/** Files of the node that fields print from: read on the main thread, shown to the capture thread. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { localAddresses } from "../../state/host.ts";
import type { NodeInput } from "../../state/node-input.ts";

type HostInput = Extract<NodeInput, { kind: "host" }>;

/** A file of the node itself; "" where it cannot be read. */
function text(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** The facts as they are now. */
export function readNodeFacts(): HostInput {
  return {
    kind: "host",
    mountinfo: text("/proc/1/mountinfo"),
    addresses: localAddresses(networkInterfaces()),
    services: text("/etc/services"),
  };
}
