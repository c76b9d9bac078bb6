/** Makes what we know of a container from what a runtime of Kubernetes answers. Pure. */
import type { ByteString } from "../byte-string.ts";
import type {
  ContainerFacts,
  ContainerMount,
  ContainerPort,
  Labels,
  PodSandbox,
} from "../container-facts.ts";
import { Bounds } from "./bounds.ts";
import { NODE, type CriContainer, type CriImage, type CriMount, type CriSandbox } from "./cri-messages.ts";
import { imageFacts, isImageId, qualified } from "./image-name.ts";
import { at, count, list, parseJson, text, texts, toByteString } from "./json.ts";
import { sharesNodes, specEnv } from "./oci-spec.ts";

const propagations = ["private", "rslave", "rshared"];

/** Annotation by which the kubelet remembers a container's ports. */
const portsAnnotation = "io.kubernetes.container.ports";
/** Annotation in which `kubectl apply` keeps the pod as it was given. */
const appliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";
/** Longest such text that is remembered with a sandbox, characters. */
const MAX_APPLIED = 65_536;
/** Where CRI-O keeps the name that was asked for and what the network plugin said. */
const crioImageName = "io.kubernetes.cri-o.ImageName";
const crioNetwork = "io.kubernetes.cri-o.CNIResult";

function valueOf(labels: Labels, name: string): ByteString {
  return labels.find(([key]) => key === name)?.[1] ?? "";
}

function mountOf({ source, destination, readonly, propagation }: CriMount): ContainerMount {
  return { source, destination, mode: "", writable: !readonly, propagation: propagations[propagation] ?? "" };
}

const textsOfMount = (mount: ContainerMount) => [mount.source, mount.destination];

/** JSON of an annotation; undefined where there is none, or where it is none. */
function annotationJson(annotations: Labels, name: string): unknown {
  const value = valueOf(annotations, name);
  if (value === "") return undefined;
  try {
    return parseJson(Buffer.from(value, "latin1").toString("utf8"));
  } catch {
    return undefined;
  }
}

function portsOf(container: CriContainer, sandbox: CriSandbox | undefined): ContainerPort[] {
  const named = list(annotationJson(container.annotations, portsAnnotation)).map((port) => ({
    hostAddress: text(at(port, "hostIP")),
    hostPort: count(at(port, "hostPort")),
    containerPort: count(at(port, "containerPort")),
    protocol: (text(at(port, "protocol")) || "TCP").toLowerCase(),
  }));
  if (named.length > 0) return named;
  const protocols = ["tcp", "udp", "sctp"];
  return list(at(sandbox?.info, "config", "port_mappings")).map((port) => ({
    hostAddress: text(at(port, "host_ip")),
    hostPort: count(at(port, "host_port")),
    containerPort: count(at(port, "container_port")),
    protocol: protocols[count(at(port, "protocol"))] ?? "",
  }));
}

/** Argv of a probe that runs a command, from the pod as `kubectl apply` was given it; empty: none. */
function probe(sandbox: CriSandbox | undefined, container: ByteString, kind: string): readonly ByteString[] {
  if (sandbox === undefined) return [];
  const pod = annotationJson(sandbox.annotations, appliedAnnotation);
  const containers = [...list(at(pod, "spec", "containers")), ...list(at(pod, "spec", "initContainers"))];
  return texts(
    at(
      containers.find((item) => text(at(item, "name")) === container),
      kind,
      "exec",
      "command",
    ),
  );
}

/**
 * What the network plugin gave the pod: of containerd the interfaces without loopback, the node's ends and what nobody
 * asks for (as Falco has it); of CRI-O the plugin's result as it is.
 */
function networkJson({ info }: CriSandbox): ByteString {
  const interfaces = at(info, "cniResult", "Interfaces");
  if (typeof interfaces !== "object" || interfaces === null)
    return text(at(info, "runtimeSpec", "annotations", crioNetwork));
  const kept = Object.entries(interfaces)
    .filter(([name]) => name !== "lo" && !name.startsWith("veth"))
    .map(([name, value]) => [name, { IPConfigs: at(value, "IPConfigs") ?? null }]);
  return toByteString(JSON.stringify(Object.fromEntries(kept)));
}

function podOf(sandbox: CriSandbox, bounds: Bounds): PodSandbox {
  return {
    sandboxId: sandbox.id,
    name: bounds.text(sandbox.name),
    namespace: bounds.text(sandbox.namespace),
    uid: bounds.text(sandbox.uid),
    labels: bounds.labels(sandbox.labels.filter(([name]) => !name.startsWith("io.kubernetes."))),
    ip: bounds.text(sandbox.ip),
    cniJson: bounds.whole(networkJson(sandbox)),
  };
}

/** The pod by the labels that the kubelet gives each container, where the sandbox cannot be had. */
function podByLabels(labels: Labels): PodSandbox | undefined {
  const name = valueOf(labels, "io.kubernetes.pod.name");
  if (name === "") return undefined;
  return {
    sandboxId: "",
    name,
    namespace: valueOf(labels, "io.kubernetes.pod.namespace"),
    uid: valueOf(labels, "io.kubernetes.pod.uid"),
    labels: [],
    ip: "",
    cniJson: "",
  };
}

const withoutPrefix = (id: ByteString) => id.replace(/^sha256:/, "");

/** The image's id: newer runtimes say it, else the image itself, else wherever an id stands in place of a name. */
function imageIdOf(container: CriContainer, image: CriImage | undefined): ByteString {
  const places = [container.imageId, image?.id ?? "", container.imageRef, container.image];
  return withoutPrefix(places.find(isImageId) ?? "");
}

/** A sandbox with no more of it than factsOfContainer reads: its configuration has tens of kilobytes. */
export function toRemember(sandbox: CriSandbox): CriSandbox {
  const { info, annotations } = sandbox;
  const network = at(info, "runtimeSpec", "annotations", crioNetwork);
  return {
    ...sandbox,
    annotations: annotations.filter(
      ([name, value]) => name === appliedAnnotation && value.length <= MAX_APPLIED,
    ),
    info: {
      cniResult: { Interfaces: at(info, "cniResult", "Interfaces") },
      config: { port_mappings: at(info, "config", "port_mappings") },
      runtimeSpec: { annotations: network === undefined ? {} : { [crioNetwork]: network } },
    },
  };
}

/** A container of a pod. `sandbox` and `image` are undefined where the runtime could not give them. */
export function factsOfContainer(
  type: string,
  container: CriContainer,
  sandbox: CriSandbox | undefined,
  image: CriImage | undefined,
): ContainerFacts {
  const { info } = container;
  const spec = at(info, "runtimeSpec");
  const bounds = new Bounds();
  const asked = [
    container.userImage,
    text(at(info, "config", "image", "user_specified_image")),
    text(at(info, "config", "image", "image")),
    text(at(spec, "annotations", crioImageName)),
  ];
  const named = [container.image, container.imageRef, ...(image?.tags ?? []), ...(image?.digests ?? [])];
  const names = [...asked, ...named].map((name) => (isImageId(name) ? "" : qualified(bounds.text(name))));
  const security = at(info, "config", "linux", "security_context");
  return {
    id: container.id,
    type,
    name: bounds.text(container.name),
    ...imageFacts(
      names,
      [container.imageRef, ...(image?.digests ?? [])].filter((name) => name.includes("@")),
    ),
    imageId: imageIdOf(container, image),
    privileged: (at(security, "privileged") ?? at(info, "privileged")) === true,
    mounts: bounds.entries("mounts", container.mounts.map(mountOf), textsOfMount),
    env: bounds.env(specEnv(spec)),
    labels: bounds.labels(container.labels),
    ports: bounds.entries("ports", portsOf(container, sandbox), (port) => [port.hostAddress]),
    ip: bounds.text(sandbox?.ip ?? ""),
    hostPid: sharesNodes(spec, "pid") || at(security, "namespace_options", "pid") === NODE,
    hostNetwork: sharesNodes(spec, "network") || sandbox?.network === NODE,
    hostIpc: sharesNodes(spec, "ipc") || sandbox?.ipc === NODE,
    createdAt: container.createdAt,
    startedAt: container.startedAt > 0n ? container.startedAt : 0n,
    pid: count(at(info, "pid")),
    healthcheck: [],
    livenessProbe: probe(sandbox, container.name, "livenessProbe"),
    readinessProbe: probe(sandbox, container.name, "readinessProbe"),
    pod: sandbox === undefined ? podByLabels(container.labels) : podOf(sandbox, bounds),
    sandbox: false,
    leftOut: bounds.leftOut,
  };
}

/** The pause container of a pod. */
export function factsOfSandbox(
  type: string,
  sandbox: CriSandbox,
  image: CriImage | undefined,
): ContainerFacts {
  const { info } = sandbox;
  const spec = at(info, "runtimeSpec");
  const bounds = new Bounds();
  const name = bounds.text(text(at(info, "image")));
  const names = [name, ...(image?.tags ?? [])].map((item) => (isImageId(item) ? "" : qualified(item)));
  return {
    id: sandbox.id,
    type,
    name: bounds.text(sandbox.name),
    ...imageFacts(names, image?.digests ?? []),
    imageId: withoutPrefix([image?.id ?? "", name].find(isImageId) ?? ""),
    privileged: at(info, "config", "linux", "security_context", "privileged") === true,
    mounts: [],
    env: bounds.env(specEnv(spec)),
    labels: bounds.labels(sandbox.labels),
    ports: [],
    ip: bounds.text(sandbox.ip),
    hostPid: sandbox.pid === NODE,
    hostNetwork: sandbox.network === NODE,
    hostIpc: sandbox.ipc === NODE,
    createdAt: sandbox.createdAt,
    startedAt: sandbox.createdAt,
    pid: count(at(info, "pid")),
    healthcheck: [],
    livenessProbe: [],
    readinessProbe: [],
    pod: podOf(sandbox, bounds),
    sandbox: true,
    leftOut: bounds.leftOut,
  };
}
