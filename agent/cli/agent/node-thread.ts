/**
 * The thread that reads what may take its time: /proc, the node's own files, and users of containers. It answers the
 * capture thread, which must never wait for a file.
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { readInRoot } from "../../capture/read-in-root.ts";
import { cgroupHierarchy, scanCgroups } from "../../state/cgroup-tree.ts";
import { localAddresses } from "../../state/host.ts";
import { readProcess, scanProcesses } from "../../state/scan.ts";
import { readUserFiles } from "../../state/users.ts";
import type { NodeAnswer, NodeFacts, NodeRequest, NodeThreadData } from "./node-messages.ts";

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

function nodeFacts(): NodeFacts {
  return {
    mountinfo: text("/proc/1/mountinfo"),
    addresses: localAddresses(networkInterfaces()),
    services: text("/etc/services"),
  };
}

function answer(request: NodeRequest): NodeAnswer {
  switch (request.kind) {
    case "scan": {
      const hierarchy = cgroupHierarchy(text("/proc/self/mountinfo"));
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
      return { kind: "users", containerId, files: readUserFiles(readInRoot, pid) };
    }
    case "host":
      return { kind: "host", facts: nodeFacts() };
  }
}

parentPort!.on("message", (request: NodeRequest) => parentPort!.postMessage(answer(request)));
