/** Commands by which a runtime or a kubelet checks a container, and which process is one. */
import type { ByteString, Container, ContainerProbe, Process } from "./types.ts";

type Command = readonly ByteString[];
export type ContainerProbes = Readonly<Record<ContainerProbe, Command>>;

const none: ContainerProbes = { healthcheck: [], liveness: [], readiness: [] };

/** The commands as runtime and API have them; those of the API count where the runtime has none. */
export function probesOf({ facts, pod }: Container): ContainerProbes {
  if (facts === undefined) return none;
  const { healthcheck, livenessProbe, readinessProbe, name } = facts;
  const named = pod?.probes.find(({ container }) => container === (kubernetesName(facts.labels) ?? name));
  return {
    healthcheck,
    liveness: livenessProbe.length > 0 ? livenessProbe : (named?.liveness ?? []),
    readiness: readinessProbe.length > 0 ? readinessProbe : (named?.readiness ?? []),
  };
}

/** Name of the container within its pod, as the kubelet labels it. */
function kubernetesName(labels: readonly (readonly [ByteString, ByteString])[]): ByteString | undefined {
  return labels.find(([name]) => name === "io.kubernetes.container.name")?.[1];
}

/** The arguments are looked at last: they may have to be split. */
const same = (command: Command, process: Pick<Process, "exe" | "args">) =>
  command[0] === process.exe &&
  command.length === process.args.length + 1 &&
  process.args.every((argument, index) => command[index + 1] === argument);

/** Which of the container's checks has the process's command line; undefined: none. */
export function probeLike(
  container: Container,
  process: Pick<Process, "exe" | "args">,
): ContainerProbe | undefined {
  const probes = probesOf(container);
  if (same(probes.healthcheck, process)) return "healthcheck";
  if (same(probes.liveness, process)) return "liveness";
  return same(probes.readiness, process) ? "readiness" : undefined;
}
