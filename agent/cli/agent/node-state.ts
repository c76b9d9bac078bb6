/** What the capture thread knows about the node, put together: processes, containers, users, host. */
import { readFileSync } from "node:fs";
import { bootTimeNow } from "../../capture/index.ts";
import { openCgroups } from "../../capture/cgroup-path.ts";
import { cgroupHierarchy, cgroupMounts } from "../../state/cgroup-tree.ts";
import { nodeRootOf } from "../../state/container-id.ts";
import { cgroupPathOf } from "../../state/scan.ts";
import type { NodeInput } from "../../state/node-input.ts";
import { readBootClock } from "./boot-clock.ts";
import { applyInput } from "./apply-input.ts";
import type { ContainerQuestion } from "./capture-messages.ts";
import { ContainerQuestions } from "./container-questions.ts";
import { NodeClient } from "./node-client.ts";
import { makeNodeModel, type NodeModel } from "./node-model.ts";

export interface NodeState extends NodeModel {
  readonly questions: ContainerQuestions;
  readonly node: NodeClient;
  /** ns since the epoch at which CLOCK_BOOTTIME was 0. */
  readonly bootTime: bigint;
  /** Where the node itself stands among the cgroups (containerOf). */
  readonly nodeRoot: string;
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
  /** Told each input once it has been taken in, and each answer of the kernel before what it was asked for. */
  readonly onInput?: (input: NodeInput) => void;
  readonly log: (level: "error" | "warning", message: string) => void;
}

/** A file of /proc; "" where it cannot be read. */
function text(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Where the node's own first process stands: what lies at or above it is the host (kind's nodes are containers). */
function nodeRoot(controller: string): string {
  return nodeRootOf(cgroupPathOf(text("/proc/1/cgroup"), controller) ?? "");
}

/** Reads clocks and cgroup hierarchy, and starts the thread that reads /proc. */
export function openNodeState(options: NodeStateOptions): NodeState {
  const { hostname, processes, log, askHost, askContainer, onInput } = options;
  let asked = 0;
  const refresh = () => {
    if (asked === 0) askHost();
    asked = Math.min(2, asked + 1);
  };
  const steady = () => process.hrtime.bigint();
  const clock = readBootClock({ boot: bootTimeNow, steady, wall: Date.now });
  const hierarchy = cgroupHierarchy(cgroupMounts(text));
  const controller = hierarchy?.controller ?? "";
  const opener = hierarchy && openCgroups(hierarchy);
  const node = new NodeClient({
    data: { controller, clockOffset: clock.offset },
    onError: (error) => log("error", `the thread that reads /proc ended: ${error.message}`),
  });
  const root = nodeRoot(controller);
  const model = makeNodeModel({
    hostname,
    bootTime: clock.bootTime,
    nodeRoot: root,
    processes,
    users: { request: (id, pid) => node.usersOf(id, pid), now: steady },
    paths: {
      ...(opener && { resolve: (id: bigint) => opener.path(id) }),
      onResolved: (id, path) => onInput?.({ kind: "cgroup", id, path }),
    },
    lookup: (pid) => node.process(pid),
    onContainer: (container, pid) => {
      questions.first(container, pid);
      refresh();
    },
  });
  const questions = new ContainerQuestions({
    ask: askContainer,
    processOf: (container) => model.state.processIn(container),
    now: () => performance.now(),
  });
  const apply = (input: NodeInput) => {
    applyInput(model, input);
    onInput?.(input);
  };
  node.start(apply);
  refresh();
  return {
    ...model,
    questions,
    node,
    bootTime: clock.bootTime,
    nodeRoot: root,
    refresh,
    take(input) {
      apply(input);
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
