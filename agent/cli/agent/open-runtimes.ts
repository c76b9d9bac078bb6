/** The container runtimes of the node, asked for the capture thread and answering into it. */
import type { NodeInput } from "../../state/node-input.ts";
import { ContainerRuntimes } from "../../state/runtimes/runtimes.ts";
import { systemClock } from "../../sinks/clock.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";

export interface RuntimesParts {
  /** Where answers go. */
  readonly tell: (input: NodeInput) => void;
  /** Whether this process runs in a pod: the node's sockets are then seen through process 1, which is the node's. */
  readonly pod: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** Not started yet. */
export function openRuntimes(
  { container_runtime: { sockets } }: Settings,
  { tell, pod, environment, log }: RuntimesParts,
): ContainerRuntimes {
  return new ContainerRuntimes({
    sockets,
    environment,
    root: pod ? "/proc/1/root" : "",
    onFacts: (facts) => tell({ kind: "container", facts }),
    onUnknown: (id) => tell({ kind: "containerUnknown", id }),
    onGone: (id) => tell({ kind: "containerGone", id }),
    log,
    clock: { ...systemClock, now: () => performance.now() },
    random: Math.random,
  });
}
