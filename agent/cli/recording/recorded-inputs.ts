/** Which inputs of a recording may be taken in: every kind of NodeInput with the type of each of its keys. */
import type { ContainerFacts, ContainerMount, ContainerPort, Labels } from "../../state/container-facts.ts";
import type { PodSandbox } from "../../state/container-facts.ts";
import type { ProcessFacts } from "../../state/facts.ts";
import type { NodeInput } from "../../state/node-input.ts";
import type { ContainerProbes, ObjectFacts, PodFacts } from "../../state/pod-facts.ts";
import type { UserFiles } from "../../state/users.ts";
import { big, list, mapOf, number, object, optional, pair, text, truth, wide, type Shape } from "./shape.ts";

const labels: Shape<Labels> = list(pair(text, text));

const processFacts = object<ProcessFacts>({
  pid: number,
  startTicks: big,
  readAt: big,
  ppid: number,
  pgid: number,
  sid: number,
  tty: number,
  vpid: number,
  vpgid: number,
  vsid: number,
  uid: number,
  gid: number,
  loginuid: number,
  threads: number,
  threadName: text,
  comm: text,
  args: text,
  env: optional(text),
  exePath: text,
  exeFlags: number,
  exeInode: wide,
  exeChangeTime: big,
  exeModifyTime: big,
  cwd: text,
  pidns: number,
  cgroupPath: optional(text),
  capabilities: list(number),
});

const userFiles = object<UserFiles>({ passwd: optional(text), group: optional(text), stamp: text });

const sandbox = object<PodSandbox>({
  sandboxId: text,
  name: text,
  namespace: text,
  uid: text,
  labels,
  ip: text,
  cniJson: text,
});

const mount = object<ContainerMount>({
  source: text,
  destination: text,
  mode: text,
  writable: truth,
  propagation: text,
});

const port = object<ContainerPort>({
  hostAddress: text,
  hostPort: number,
  containerPort: number,
  protocol: text,
});

const containerFacts = object<ContainerFacts>({
  id: text,
  type: text,
  name: text,
  image: text,
  imageId: text,
  imageRepository: text,
  imageTag: text,
  imageDigest: text,
  privileged: truth,
  mounts: list(mount),
  env: list(text),
  labels,
  ports: list(port),
  ip: text,
  hostPid: truth,
  hostNetwork: truth,
  hostIpc: truth,
  createdAt: big,
  startedAt: big,
  pid: number,
  healthcheck: list(text),
  livenessProbe: list(text),
  readinessProbe: list(text),
  pod: optional(sandbox),
  sandbox: truth,
  leftOut: number,
});

const above = object<ObjectFacts>({ name: text, uid: text, labels });

const podFacts = object<PodFacts>({
  uid: text,
  name: text,
  namespace: text,
  labels,
  ip: text,
  node: text,
  ns: optional(above),
  deployment: optional(above),
  rs: optional(above),
  rc: optional(above),
  svc: list(above),
  probes: list(object<ContainerProbes>({ container: text, liveness: list(text), readiness: list(text) })),
});

type Kinds = NodeInput["kind"];
type OfKind<K extends Kinds> = Omit<Extract<NodeInput, { kind: K }>, "kind">;

const shapes: { readonly [K in Kinds]: Shape<OfKind<K>> } = {
  scan: object<OfKind<"scan">>({ processes: list(processFacts), cgroups: list(pair(big, text)) }),
  process: object<OfKind<"process">>({ pid: number, facts: optional(processFacts) }),
  users: object<OfKind<"users">>({ containerId: text, files: optional(userFiles) }),
  names: object<OfKind<"names">>({ names: mapOf(text, list(text)) }),
  host: object<OfKind<"host">>({ mountinfo: text, addresses: list(text), services: text }),
  container: object<OfKind<"container">>({ facts: containerFacts }),
  containerUnknown: object<OfKind<"containerUnknown">>({ id: text }),
  containerGone: object<OfKind<"containerGone">>({ id: text }),
  pod: object<OfKind<"pod">>({ facts: podFacts }),
  podGone: object<OfKind<"podGone">>({ uid: text }),
  time: object<OfKind<"time">>({ now: big }),
  cgroup: object<OfKind<"cgroup">>({ id: big, path: optional(text) }),
};

/** The input that a recording's value is; a text says what is wrong with it. */
export function recordedInput(value: unknown): NodeInput | string {
  const { kind } = (value ?? {}) as { readonly kind?: unknown };
  if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) return `unknown kind ${String(kind)}`;
  return shapes[kind as Kinds](value, kind) ?? (value as NodeInput);
}
