/** What the Kubernetes API says about one pod of this node and what stands above it: plain data. */
import type { Labels } from "./container-facts.ts";
import type { ByteString } from "./byte-string.ts";

/** One object above a pod: its namespace, owner or service. */
export interface ObjectFacts {
  readonly name: ByteString;
  readonly uid: ByteString;
  readonly labels: Labels;
}

/** Probe commands of one container of a pod, by the container's name; argv, empty: none that runs a command. */
export interface ContainerProbes {
  readonly container: ByteString;
  readonly liveness: readonly ByteString[];
  readonly readiness: readonly ByteString[];
}

export interface PodFacts {
  readonly uid: ByteString;
  readonly name: ByteString;
  readonly namespace: ByteString;
  readonly labels: Labels;
  /** "" until the pod has one. */
  readonly ip: ByteString;
  /** Node it runs on. */
  readonly node: ByteString;
  /** The namespace itself; undefined where it could not be read. */
  readonly ns: ObjectFacts | undefined;
  readonly deployment: ObjectFacts | undefined;
  readonly rs: ObjectFacts | undefined;
  readonly rc: ObjectFacts | undefined;
  /** Services whose selector the pod fits, by name. */
  readonly svc: readonly ObjectFacts[];
  readonly probes: readonly ContainerProbes[];
}
