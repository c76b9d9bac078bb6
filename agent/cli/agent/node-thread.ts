/**
 * The thread that reads what may take its time: /proc, the node's own files, and users of containers. It answers the
 * capture thread, which must never wait for a file.
 */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { readInRoot } from "../../capture/read-in-root.ts";
import { cgroupHierarchy, cgroupMounts, scanCgroups } from "../../state/cgroup-tree.ts";
import { addressBytes } from "../../state/host.ts";
import { readProcess, scanProcesses } from "../../state/scan.ts";
import { readUserFiles, type UserFiles } from "../../state/users.ts";
import { NameLookups } from "./name-lookups.ts";
import { ownRootIsNodes } from "./own-root.ts";
import type { NodeAnswer, NodeRequest, NodeThreadData } from "./node-messages.ts";

/** Between two look-ups of host names, ms. */
const LOOKUP_MILLISECONDS = 60_000;

const { controller, clockOffset } = workerData as NodeThreadData;
const now = () => process.hrtime.bigint() + clockOffset;

/** A file of the node itself; "" where it cannot be read. */
function text(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

const lookups = new NameLookups(async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
});
let lookupTimer: NodeJS.Timeout | undefined;

/** Looks up the names of rules now, says what was found, and does so again and again while there are any. */
async function lookUp(names: readonly string[]): Promise<void> {
  clearInterval(lookupTimer);
  lookups.set(names);
  if (names.length > 0) lookupTimer = setInterval(() => void sayNames(), LOOKUP_MILLISECONDS);
  await sayNames();
}

async function sayNames(): Promise<void> {
  await lookups.refresh();
  const names = new Map<string, readonly string[]>();
  for (const [address, found] of lookups.byAddress()) {
    const bytes = addressBytes(address);
    if (bytes !== undefined) names.set(bytes, found);
  }
  say({ kind: "names", names, beyond: lookups.beyond });
}

/**
 * A container's users, or the node's. A process 1 with more rights than ours does not let us into its root (EACCES,
 * ptrace(2)); the agent's own root is the same one unless it runs in a container.
 */
function userFiles(containerId: string, pid: number): UserFiles | undefined {
  const files = readUserFiles(readInRoot, pid);
  if (containerId !== "host" || files?.passwd !== undefined || files?.group !== undefined) return files;
  if (!ownRootIsNodes(process.env, text("/proc/self/cgroup"), text("/proc/1/cgroup"), controller))
    return files;
  return readUserFiles(readInRoot, process.pid);
}

function answer(request: Exclude<NodeRequest, { kind: "names" }>): NodeAnswer {
  switch (request.kind) {
    case "scan": {
      const hierarchy = cgroupHierarchy(cgroupMounts(text));
      const options = { now, controller, environment: request.environment };
      return {
        kind: "scan",
        processes: scanProcesses(options),
        cgroups: hierarchy === undefined ? [] : scanCgroups(hierarchy.folder),
      };
    }
    case "process": {
      const { pid, environment } = request;
      return { kind: "process", pid, facts: readProcess(pid, { now, controller, environment }) };
    }
    case "users": {
      const { containerId, pid } = request;
      return { kind: "users", containerId, files: userFiles(containerId, pid) };
    }
  }
}

function say(message: NodeAnswer): void {
  parentPort!.postMessage(message);
}

parentPort!.on("message", (request: NodeRequest) => {
  if (request.kind === "names") void lookUp(request.names);
  else say(answer(request));
});
