/**
 * What of the API's objects is kept: a projection, bounded, with texts as bytes. Whoever may create a pod writes much of
 * what stands here, so nothing is taken for granted.
 */
import type { ByteString } from "../byte-string.ts";
import type { Labels } from "../container-facts.ts";
import type { ContainerProbes } from "../pod-facts.ts";

/** Why something of an object, or all of it, is not kept. */
export type LeftOut = "pods" | "services" | "namespaces" | "malformed" | "labels" | "probes" | "pod services";

/** Labels of one object, and their bytes together; beyond these the later names are left out. */
const mostLabels = 256;
const mostLabelBytes = 16 << 10;

/** Containers of a pod whose probes are kept, and bytes of one probe's command. */
const mostContainers = 256;
const mostProbeBytes = 4096;

/** The kinds above a pod that are known. */
export type OwnerKind = "ReplicaSet" | "ReplicationController" | "Deployment";

/** The controller of an object, as its metadata name it. */
export interface OwnerReference {
  readonly kind: OwnerKind;
  /** Of the owned object, and so of its owner. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: ByteString;
}

/** What all objects have. */
export interface NamedObject {
  readonly uid: ByteString;
  readonly name: ByteString;
  /** "" where it has none. */
  readonly namespace: ByteString;
  readonly labels: Labels;
  readonly owner: OwnerReference | undefined;
}

export interface PodObject extends NamedObject {
  /**
   * Uid by which the node knows the pod. A static pod has another than its image in the API ("mirror pod"), which names
   * it in an annotation.
   */
  readonly nodeUid: ByteString;
  /** Creation time as the API writes it. */
  readonly created: string;
  readonly node: ByteString;
  readonly ip: ByteString;
  readonly probes: readonly ContainerProbes[];
}

export interface ServiceObject extends NamedObject {
  /** Empty: it selects no pods. */
  readonly selector: Labels;
}

type Mapping = Readonly<Record<string, unknown>>;
type Count = (cause: LeftOut) => void;

const mapping = (value: unknown): Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const plain = (value: unknown): string => (typeof value === "string" ? value : "");

/** Longest name, uid or address that is one, in characters: names have 253 at most. */
const longestName = 253;

function bytes(value: unknown): ByteString {
  const text = plain(value);
  return text.length > longestName ? "" : Buffer.from(text).toString("latin1");
}

/** Name of an object as the API allows it, fit for a path. */
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A map of labels, sorted by name, within its bounds. */
function labelsOf(value: unknown, count: Count): Labels {
  const all = Object.entries(mapping(value))
    .map(
      ([name, text]) =>
        [Buffer.from(name).toString("latin1"), Buffer.from(plain(text)).toString("latin1")] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  let length = 0;
  const kept = all
    .slice(0, mostLabels)
    .filter(([name, text]) => (length += name.length + text.length) <= mostLabelBytes);
  for (let i = kept.length; i < all.length; i++) count("labels");
  return kept;
}

const apps = /^apps\/v\d/;
const groups: Readonly<Record<OwnerKind, RegExp>> = {
  ReplicaSet: apps,
  Deployment: apps,
  ReplicationController: /^v1$/,
};

function ownerOf(metadata: Mapping): OwnerReference | undefined {
  const reference = listOf(metadata["ownerReferences"])
    .map(mapping)
    .find(({ controller }) => controller === true);
  if (reference === undefined) return undefined;
  const kind = plain(reference["kind"]);
  if (!Object.hasOwn(groups, kind) || !groups[kind as OwnerKind].test(plain(reference["apiVersion"])))
    return undefined;
  const [namespace, name] = [plain(metadata["namespace"]), plain(reference["name"])];
  if (!objectName.test(namespace) || !objectName.test(name)) return undefined;
  return { kind: kind as OwnerKind, namespace, name, uid: bytes(reference["uid"]) };
}

/** Any object; undefined where it has no name or uid. */
export function readObject(object: unknown, count: Count): NamedObject | undefined {
  const metadata = mapping(mapping(object)["metadata"]);
  const [uid, name, namespace] = [
    bytes(metadata["uid"]),
    bytes(metadata["name"]),
    bytes(metadata["namespace"]),
  ];
  if (uid === "" || name === "") {
    count("malformed");
    return undefined;
  }
  return { uid, name, namespace, labels: labelsOf(metadata["labels"], count), owner: ownerOf(metadata) };
}

export function readService(object: unknown, count: Count): ServiceObject | undefined {
  const named = readObject(object, count);
  if (named === undefined) return undefined;
  const selector = mapping(mapping(object)["spec"])["selector"];
  return { ...named, selector: labelsOf(selector, count) };
}

export function readPod(object: unknown, count: Count): PodObject | undefined {
  const named = readObject(object, count);
  if (named === undefined) return undefined;
  const { metadata, spec, status } = mapping(object);
  const mirrored = bytes(mapping(mapping(metadata)["annotations"])["kubernetes.io/config.mirror"]);
  return {
    ...named,
    nodeUid: mirrored === "" ? named.uid : mirrored,
    created: plain(mapping(metadata)["creationTimestamp"]).slice(0, longestName),
    node: bytes(mapping(spec)["nodeName"]),
    ip: bytes(mapping(status)["podIP"]),
    probes: probesOf(mapping(spec), count),
  };
}

/** Commands of the probes of containers, and of those init containers that stay (sidecars). */
function probesOf(spec: Mapping, count: Count): readonly ContainerProbes[] {
  const containers = [...listOf(spec["containers"]), ...listOf(spec["initContainers"])].map(mapping);
  const result: ContainerProbes[] = [];
  for (const container of containers) {
    const [liveness, readiness] = [
      commandOf(container["livenessProbe"], count),
      commandOf(container["readinessProbe"], count),
    ];
    if (liveness.length === 0 && readiness.length === 0) continue;
    if (result.length < mostContainers)
      result.push({ container: bytes(container["name"]), liveness, readiness });
    else count("probes");
  }
  return result;
}

function commandOf(probe: unknown, count: Count): readonly ByteString[] {
  const command = listOf(mapping(mapping(probe)["exec"])["command"]);
  const result = command.map((argument) => Buffer.from(plain(argument)).toString("latin1"));
  if (result.reduce((sum, argument) => sum + argument.length + 1, 0) <= mostProbeBytes) return result;
  // A command that was cut would be taken for another one.
  count("probes");
  return [];
}
