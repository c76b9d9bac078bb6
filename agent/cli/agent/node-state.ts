/** What the capture thread knows about the node, put together: processes, containers, users, host. */
import { readFileSync } from "node:fs";
import { bootTimeNow } from "../../capture/index.ts";
import { openCgroups } from "../../capture/cgroup-path.ts";
import { CgroupPaths } from "../../state/cgroup-paths.ts";
import { cgroupHierarchy } from "../../state/cgroup-tree.ts";
import { nodeRootOf } from "../../state/container-id.ts";
import { HostFacts } from "../../state/host.ts";
import { cgroupPathOf } from "../../state/scan.ts";
import { State } from "../../state/state.ts";
import { UserNames } from "../../state/users.ts";
import { readBootClock } from "./boot-clock.ts";
import { NodeClient } from "./node-client.ts";

export interface NodeState {
  readonly state: State;
  readonly cgroups: CgroupPaths;
  readonly host: HostFacts;
  readonly users: UserNames;
  readonly node: NodeClient;
  close(): Promise<void>;
}

export interface NodeStateOptions {
  readonly hostname: string;
  /** Bound of the process table. */
  readonly processes: number;
  readonly log: (level: "error" | "warning", message: string) => void;
}

/** Where the node's own first process stands: what lies at or above it is the host (kind's nodes are containers). */
function nodeRoot(controller: string): string {
  try {
    return nodeRootOf(cgroupPathOf(readFileSync("/proc/1/cgroup", "latin1"), controller) ?? "");
  } catch {
    return "";
  }
}

/** Reads clocks and cgroup hierarchy, and starts the thread that reads /proc. */
export function openNodeState({ hostname, processes, log }: NodeStateOptions): NodeState {
  const steady = () => process.hrtime.bigint();
  const clock = readBootClock({ boot: bootTimeNow, steady, wall: Date.now });
  const hierarchy = cgroupHierarchy(readFileSync("/proc/self/mountinfo", "latin1"));
  const controller = hierarchy?.controller ?? "";
  const opener = hierarchy && openCgroups(hierarchy.folder);
  const node = new NodeClient({ controller, clockOffset: clock.offset });
  const cgroups = new CgroupPaths({
    nodeRoot: nodeRoot(controller),
    ...(opener && { resolve: (id: bigint) => opener.path(id) }),
  });
  const users = new UserNames({ request: (id, pid) => node.usersOf(id, pid), now: steady });
  const state = new State({
    cgroups,
    processes,
    lookup: (pid) => node.process(pid),
    onContainer: (container, pid) => {
      users.prepare(container.id, pid);
      node.refresh();
    },
  });
  const host = new HostFacts({
    hostname,
    bootTime: clock.bootTime,
    users,
    process: (pid) => state.process(pid),
  });
  node.start({ state, host, users }, (error) =>
    log("error", `the thread that reads /proc ended: ${(error as Error).message}`),
  );
  users.prepare("host", 1);
  return {
    state,
    cgroups,
    host,
    users,
    node,
    async close() {
      opener?.close();
      await node.close();
    },
  };
}
