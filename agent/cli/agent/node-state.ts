/** What the capture thread knows about the node, put together: processes, containers, users, host. */
import { readFileSync } from "node:fs";
import { bootTimeNow } from "../../capture/index.ts";
import { openCgroups } from "../../capture/cgroup-path.ts";
import { CgroupPaths } from "../../state/cgroup-paths.ts";
import { Containers } from "../../state/containers.ts";
import { cgroupHierarchy } from "../../state/cgroup-tree.ts";
import { nodeRootOf } from "../../state/container-id.ts";
import { HostFacts } from "../../state/host.ts";
import { cgroupPathOf } from "../../state/scan.ts";
import { State } from "../../state/state.ts";
import type { NodeInput } from "../../state/node-input.ts";
import { UserNames } from "../../state/users.ts";
import { readBootClock } from "./boot-clock.ts";
import { applyInput } from "./apply-input.ts";
import type { ContainerQuestion } from "./capture-messages.ts";
import { ContainerQuestions } from "./container-questions.ts";
import { NodeClient } from "./node-client.ts";

export interface NodeState {
  readonly state: State;
  readonly cgroups: CgroupPaths;
  readonly containers: Containers;
  readonly questions: ContainerQuestions;
  readonly host: HostFacts;
  readonly users: UserNames;
  readonly node: NodeClient;
  /** Asks for the node's mounts and addresses; while an answer is on its way, once more is enough. */
  refresh(): void;
  /** Takes in what is told beside records. */
  take(input: NodeInput): void;
  close(): Promise<void>;
}

export interface NodeStateOptions {
  readonly hostname: string;
  /** Bound of the process table. */
  readonly processes: number;
  /** Asks for the node's mounts and addresses; they come to `take`. */
  readonly askHost: () => void;
  /** Asks the runtimes who a container is; the answer comes to `take`. */
  readonly askContainer: (question: ContainerQuestion) => void;
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
export function openNodeState(options: NodeStateOptions): NodeState {
  const { hostname, processes, log, askHost, askContainer } = options;
  let asked = 0;
  const refresh = () => {
    if (asked === 0) askHost();
    asked = Math.min(2, asked + 1);
  };
  const steady = () => process.hrtime.bigint();
  const clock = readBootClock({ boot: bootTimeNow, steady, wall: Date.now });
  const hierarchy = cgroupHierarchy(readFileSync("/proc/self/mountinfo", "latin1"));
  const controller = hierarchy?.controller ?? "";
  const opener = hierarchy && openCgroups(hierarchy.folder);
  const node = new NodeClient({
    data: { controller, clockOffset: clock.offset },
    onError: (error) => log("error", `the thread that reads /proc ended: ${error.message}`),
  });
  const containers = new Containers();
  const cgroups = new CgroupPaths({
    containers,
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
      questions.first(container, pid);
      refresh();
    },
  });
  const questions = new ContainerQuestions({
    ask: askContainer,
    processOf: (container) => state.processIn(container),
    now: () => performance.now(),
  });
  const host = new HostFacts({
    hostname,
    bootTime: clock.bootTime,
    users,
    process: (pid) => state.process(pid),
  });
  const parts = { state, host, users, cgroups, containers };
  node.start((input) => applyInput(parts, input));
  users.prepare("host", 1);
  refresh();
  return {
    state,
    cgroups,
    containers,
    questions,
    host,
    users,
    node,
    refresh,
    take(input) {
      applyInput(parts, input);
      if (input.kind !== "host") return;
      asked -= 1;
      if (asked === 0) return;
      asked = 0;
      refresh();
    },
    async close() {
      opener?.close();
      await node.close();
    },
  };
}
