/** Puts what the capture thread is told beside records where it belongs. */
import type { CgroupPaths } from "../../state/cgroup-paths.ts";
import type { Containers } from "../../state/containers.ts";
import type { HostFacts } from "../../state/host.ts";
import type { NodeInput } from "../../state/node-input.ts";
import type { State } from "../../state/state.ts";
import type { UserNames } from "../../state/users.ts";

/** Who keeps what is told. */
export interface NodeParts {
  readonly state: Pick<State, "learnCgroups" | "load" | "complete">;
  readonly host: Pick<HostFacts, "setAddressNames" | "setAddresses" | "setMounts" | "setServices">;
  readonly users: Pick<UserNames, "learn">;
  readonly cgroups: Pick<CgroupPaths, "answer">;
  readonly containers: Pick<Containers, "identify" | "giveUp" | "end" | "learnPod" | "forgetPod" | "onInput">;
}

/** Takes one input in. What waits for it goes on before this returns. */
export function applyInput(parts: NodeParts, input: NodeInput): void {
  takeIn(parts, input);
  parts.containers.onInput?.(timeOf(input));
}

/** ns since boot, where an input tells it. */
function timeOf(input: NodeInput): bigint | undefined {
  if (input.kind === "time") return input.now;
  if (input.kind !== "scan") return undefined;
  return input.processes.reduce((latest, { readAt }) => (readAt > latest ? readAt : latest), 0n);
}

function takeIn({ state, host, users, cgroups, containers }: NodeParts, input: NodeInput): void {
  switch (input.kind) {
    case "scan":
      state.learnCgroups(input.cgroups);
      state.load(input.processes);
      return;
    case "process":
      state.complete(input.pid, input.facts);
      return;
    case "users":
      users.learn(input.containerId, input.files);
      return;
    case "names":
      host.setAddressNames(input.names);
      return;
    case "host":
      host.setAddresses(input.addresses);
      host.setMounts(input.mountinfo);
      host.setServices(input.services);
      return;
    case "container":
      containers.identify(input.facts);
      return;
    case "containerUnknown":
      containers.giveUp(input.id);
      return;
    case "containerGone":
      containers.end(input.id);
      return;
    case "pod":
      containers.learnPod(input.facts);
      return;
    case "podGone":
      containers.forgetPod(input.uid);
      return;
    case "cgroup":
      cgroups.answer(input.id, input.path);
      return;
    case "time": // nothing but what waits looks at it
  }
}
