/** What this agent cannot see on its node, as its NodeAgent tells it (status.capabilities). Pure. */
import type { AgentFacts } from "../../report/node-agent/facts.ts";
import type { RuntimesStatus } from "../../state/runtimes/runtimes.ts";

export interface Sight {
  /** Setting sources.syscall.enabled. */
  readonly syscalls: boolean;
  /** Whether the Kubernetes API is asked for this node's pods. */
  readonly pods: boolean;
  readonly runtimes: RuntimesStatus;
}

/** Nothing of it for an agent that receives audit events alone: it is not there to watch a node. */
export function blindSpots({ syscalls, pods, runtimes }: Sight): AgentFacts["capabilities"] {
  if (!syscalls) return [];
  const spots = [
    {
      name: "PathsOfCallsByName",
      message:
        "unlink, rename, mkdir, link, symlink, chmod and mount leave no file behind: their paths are those that were asked for, resolved and marked unverified",
    },
  ];
  if (!pods)
    spots.push({
      name: "PodMetadata",
      message:
        "the Kubernetes API is not asked for pods (kubernetes.pod_metadata): labels of namespaces, services and owners are missing",
    });
  if (!runtimes.runtimes.some(({ up }) => up))
    spots.push({
      name: "ContainerNames",
      message:
        "no container runtime answers (container_runtime.sockets): containers stay unnamed, and rules of namespaces and pods match nothing",
    });
  return spots;
}
