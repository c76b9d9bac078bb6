/**
 * What is known about a node, put together, without anything that reads it: the agent and a replay make the same one, so
 * that the same records and inputs give the same alerts.
 */
import { CgroupPaths, type CgroupPathsOptions } from "../../state/cgroup-paths.ts";
import { Containers } from "../../state/containers.ts";
import { HostFacts } from "../../state/host.ts";
import { State } from "../../state/state.ts";
import type { Container } from "../../state/types.ts";
import { UserNames, type UserNamesOptions } from "../../state/users.ts";

export interface NodeModel {
  readonly state: State;
  readonly cgroups: CgroupPaths;
  readonly containers: Containers;
  readonly host: HostFacts;
  readonly users: UserNames;
}

export interface NodeModelOptions {
  readonly hostname: string;
  /** ns since the epoch at which CLOCK_BOOTTIME was 0. */
  readonly bootTime: bigint;
  /** Where the node itself stands among the cgroups (containerOf). */
  readonly nodeRoot: string;
  /** Bound of the process table. */
  readonly processes: number;
  readonly users: UserNamesOptions;
  /** How the kernel is asked for the path of a cgroup; absent in a replay, which was told the answers. */
  readonly paths?: Pick<CgroupPathsOptions, "resolve" | "onResolved">;
  /** Asks for what /proc knows of a process. */
  readonly lookup?: (pid: number) => void;
  /** Told when a container's first process is seen. */
  readonly onContainer?: (container: Container, pid: number) => void;
}

export function makeNodeModel(options: NodeModelOptions): NodeModel {
  const { hostname, bootTime, nodeRoot, processes, paths, lookup, onContainer } = options;
  const containers = new Containers();
  const cgroups = new CgroupPaths({ containers, nodeRoot, ...paths });
  const users = new UserNames(options.users);
  const state = new State({
    cgroups,
    processes,
    ...(lookup && { lookup }),
    onContainer: (container, pid) => {
      users.prepare(container.id, pid);
      onContainer?.(container, pid);
    },
  });
  const host = new HostFacts({ hostname, bootTime, users, process: (pid) => state.process(pid) });
  users.prepare("host", 1);
  return { state, cgroups, containers, host, users };
}
