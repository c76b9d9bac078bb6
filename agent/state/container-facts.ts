/** What a container runtime says about one container: plain data, so that any thread and a recording can carry it. */
import type { ByteString } from "./byte-string.ts";

/** One mount of a container, as the runtime lists it. */
export interface ContainerMount {
  readonly source: ByteString;
  readonly destination: ByteString;
  /** Mode text of the runtime (Docker's `ro,Z` and the like); "" where it has none, as CRI. */
  readonly mode: ByteString;
  readonly writable: boolean;
  /** private, rprivate, rslave, …; "" where the runtime does not say. */
  readonly propagation: ByteString;
}

/** One port that is published on the node, or named by the container. */
export interface ContainerPort {
  readonly hostAddress: ByteString;
  /** 0: not published. */
  readonly hostPort: number;
  readonly containerPort: number;
  /** tcp, udp or sctp. */
  readonly protocol: string;
}

/** The pod that the runtime puts a container in: from labels of CRI, or Podman's own pods. */
export interface PodSandbox {
  /** Id of the sandbox (pause container), whole. */
  readonly sandboxId: string;
  readonly name: ByteString;
  readonly namespace: ByteString;
  readonly uid: ByteString;
  /** Labels of the sandbox without io.kubernetes.*: those of the pod. */
  readonly labels: Labels;
  readonly ip: ByteString;
  /** Result of the network plugin as JSON; "" unknown. */
  readonly cniJson: ByteString;
}

/** Names to values, in the order they are printed. */
export type Labels = readonly (readonly [name: ByteString, value: ByteString])[];

export interface ContainerFacts {
  /** Whole id, as the cgroup path has it. */
  readonly id: string;
  /** docker, containerd, cri-o, podman. */
  readonly type: string;
  readonly name: ByteString;
  /** Image as it was asked for, with its tag; never an id. */
  readonly image: ByteString;
  /** Id of the image, hex without `sha256:`. */
  readonly imageId: ByteString;
  readonly imageRepository: ByteString;
  /** "" where it was asked for by digest alone (reports R36). */
  readonly imageTag: ByteString;
  /** `sha256:…` of the registry; "" unknown. */
  readonly imageDigest: ByteString;
  readonly privileged: boolean;
  readonly mounts: readonly ContainerMount[];
  /** NAME=value strings. */
  readonly env: readonly ByteString[];
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
  readonly ip: ByteString;
  readonly hostPid: boolean;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  /** ns since the epoch; 0n unknown. */
  readonly createdAt: bigint;
  readonly startedAt: bigint;
  /** Id of the first process in the node's PID namespace; 0 unknown. */
  readonly pid: number;
  /** Commands as argv; empty: none, or not known. */
  readonly healthcheck: readonly ByteString[];
  readonly livenessProbe: readonly ByteString[];
  readonly readinessProbe: readonly ByteString[];
  /** Undefined outside pods. */
  readonly pod: PodSandbox | undefined;
  /** Whether this is itself a pod's sandbox (pause container). */
  readonly sandbox: boolean;
  /** Parts (mounts, env, labels, ports) that a bound left out; 0 for none. */
  readonly leftOut: number;
}
