/** What runtimes and API say of containers and pods, for tests. */
import type { ContainerFacts, PodSandbox } from "../../../agent/state/container-facts.ts";
import type { PodFacts } from "../../../agent/state/pod-facts.ts";

/** A container of a runtime, nothing particular about it. */
export function containerFacts(more: Partial<ContainerFacts> & { id: string }): ContainerFacts {
  return {
    type: "containerd",
    name: "web",
    image: "docker.io/library/nginx:1.27",
    imageId: "5d0da3dc",
    imageRepository: "docker.io/library/nginx",
    imageTag: "1.27",
    imageDigest: "sha256:0a1b",
    privileged: false,
    mounts: [],
    env: [],
    labels: [],
    ports: [],
    ip: "10.0.0.7",
    hostPid: false,
    hostNetwork: false,
    hostIpc: false,
    createdAt: 0n,
    startedAt: 0n,
    pid: 0,
    healthcheck: [],
    livenessProbe: [],
    readinessProbe: [],
    pod: undefined,
    sandbox: false,
    leftOut: 0,
    ...more,
  };
}

export const sandbox: PodSandbox = {
  sandboxId: "5a".repeat(32),
  name: "web-0",
  namespace: "shop",
  uid: "0c1d",
  labels: [["app", "web"]],
  ip: "10.0.0.7",
  cniJson: "",
};

/** A pod as the API has it, nothing above it. */
export function podFacts(more: Partial<PodFacts>): PodFacts {
  return {
    uid: "0c1d",
    name: "web-0",
    namespace: "shop",
    labels: [],
    ip: "10.0.0.7",
    node: "node-1",
    ns: undefined,
    deployment: undefined,
    rs: undefined,
    rc: undefined,
    svc: [],
    probes: [],
    ...more,
  };
}
