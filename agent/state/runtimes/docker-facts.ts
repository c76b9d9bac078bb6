/** Makes what we know of a container from what Docker or Podman answers; both write the same JSON, but for some parts. Pure. */
import type { ByteString } from "../byte-string.ts";
import type {
  ContainerFacts,
  ContainerMount,
  ContainerPort,
  Labels,
  PodSandbox,
} from "../container-facts.ts";
import { Bounds } from "./bounds.ts";
import { imageFacts, isImageId } from "./image-name.ts";
import { at, count, list, pairs, text, texts, time } from "./json.ts";

/** Labels of Kubernetes on Docker (cri-dockerd). */
const sandboxLabel = "io.kubernetes.sandbox.id";
const kindLabel = "io.kubernetes.docker.type";

/** What else was asked for one container, each undefined where there is none. */
export interface Around {
  /** Answer about the image (Docker). */
  readonly image?: unknown;
  /** Answer about the container that holds the pod's namespaces (Kubernetes on Docker). */
  readonly sandbox?: unknown;
  /** Answer about the pod (Podman). */
  readonly pod?: unknown;
}

/** Id of the container of the pod that this one is in; "" for none. */
export function sandboxOf(container: unknown): string {
  const id = at(container, "Config", "Labels", sandboxLabel);
  return typeof id === "string" && /^[0-9a-f]{64}$/.test(id) ? id : "";
}

/** Id of the Podman pod that a container is in; "" for none. */
export function podIdOf(container: unknown): string {
  const id = at(container, "Pod");
  return typeof id === "string" && /^[0-9a-f]{64}$/.test(id) ? id : "";
}

function mountsOf(container: unknown): ContainerMount[] {
  return list(at(container, "Mounts")).map((mount) => ({
    source: text(at(mount, "Source")),
    destination: text(at(mount, "Destination")),
    mode: text(at(mount, "Mode")),
    writable: at(mount, "RW") === true,
    propagation: text(at(mount, "Propagation")),
  }));
}

/** Ports as `80/tcp` to where on the node they are published. */
function portsOf(container: unknown): ContainerPort[] {
  const ports = at(container, "NetworkSettings", "Ports");
  if (typeof ports !== "object" || ports === null) return [];
  return Object.entries(ports).flatMap(([name, bindings]: [string, unknown]) => {
    const [number = "", protocol = ""] = name.split("/", 2);
    const port = {
      containerPort: count(Number(number)),
      protocol: /^(?:tcp|udp|sctp)$/.exec(protocol)?.[0] ?? "",
    };
    const published = list(bindings);
    if (published.length === 0) return [{ hostAddress: "", hostPort: 0, ...port }];
    return published.map((binding) => ({
      hostAddress: text(at(binding, "HostIp")),
      hostPort: count(Number(text(at(binding, "HostPort")))),
      ...port,
    }));
  });
}

/** The container's address: of the default network, else of the first that has one. */
function ipOf(container: unknown): ByteString {
  const settings = at(container, "NetworkSettings");
  const networks = at(settings, "Networks");
  const others: unknown[] = typeof networks === "object" && networks !== null ? Object.values(networks) : [];
  return [settings, ...others].map((network) => text(at(network, "IPAddress"))).find((ip) => ip !== "") ?? "";
}

/** Argv of the health check: `["CMD", …]` as it is, `["CMD-SHELL", TEXT]` through the image's shell, `["NONE"]` none. */
function healthcheckOf(container: unknown): readonly ByteString[] {
  const [kind, ...words] = texts(at(container, "Config", "Healthcheck", "Test"));
  if (kind === "CMD") return words;
  if (kind !== "CMD-SHELL") return [];
  const shell = texts(at(container, "Config", "Shell"));
  return [...(shell.length > 0 ? shell : ["/bin/sh", "-c"]), ...words];
}

function valueOf(labels: Labels, name: string): ByteString {
  return labels.find(([key]) => key === name)?.[1] ?? "";
}

/** The pod that Kubernetes' labels name. */
function kubernetesPod(container: unknown, sandbox: unknown, bounds: Bounds): PodSandbox | undefined {
  const labels = pairs(at(container, "Config", "Labels"));
  const name = valueOf(labels, "io.kubernetes.pod.name");
  if (name === "") return undefined;
  const ofPod = pairs(at(sandbox, "Config", "Labels"));
  return {
    sandboxId: text(at(sandbox, "Id")) || sandboxOf(container),
    name,
    namespace: valueOf(labels, "io.kubernetes.pod.namespace"),
    uid: valueOf(labels, "io.kubernetes.pod.uid"),
    labels: bounds.labels(ofPod.filter(([key]) => !/^(?:io\.kubernetes\.|annotation\.)/.test(key))),
    ip: ipOf(sandbox),
    cniJson: "",
  };
}

/** A pod of Podman's own; its uid is Podman's id of it, and it is in no namespace. */
function podmanPod(pod: unknown, bounds: Bounds): PodSandbox | undefined {
  if (pod === undefined) return undefined;
  return {
    sandboxId: text(at(pod, "InfraContainerID")),
    name: bounds.text(text(at(pod, "Name"))),
    namespace: "",
    uid: text(at(pod, "Id")),
    labels: bounds.labels(pairs(at(pod, "Labels"))),
    ip: "",
    cniJson: "",
  };
}

/** Modes of a namespace that mean the node's. */
const isHost = (mode: unknown) => mode === "host";

export function factsOfDocker(
  type: "docker" | "podman",
  id: string,
  container: unknown,
  around: Around,
): ContainerFacts {
  const config = at(container, "Config");
  const host = at(container, "HostConfig");
  const bounds = new Bounds();
  const repoTags = texts(at(around.image, "RepoTags"));
  const repoDigests = texts(at(around.image, "RepoDigests"));
  const names = [text(at(container, "ImageName")), text(at(config, "Image")), ...repoTags, ...repoDigests];
  const sandbox = at(config, "Labels", kindLabel) === "podsandbox" || at(container, "IsInfra") === true;
  const ownSandbox = sandbox && type === "docker" ? container : around.sandbox;
  // Kubernetes has no Podman: there such labels are anybody's.
  const pod =
    type === "podman" ? podmanPod(around.pod, bounds) : kubernetesPod(container, ownSandbox, bounds);
  const imageId = text(at(container, "Image"));
  return {
    id,
    type,
    name: bounds.text(text(at(container, "Name")).replace(/^\//, "")),
    ...imageFacts(
      names.map((name) => bounds.text(name)),
      [...repoDigests, text(at(container, "ImageDigest"))],
    ),
    imageId: isImageId(imageId) ? imageId.replace(/^sha256:/, "") : "",
    privileged: at(host, "Privileged") === true,
    mounts: bounds.entries("mounts", mountsOf(container), (mount) => [
      mount.source,
      mount.destination,
      mount.mode,
      mount.propagation,
    ]),
    env: bounds.env(texts(at(config, "Env"))),
    labels: bounds.labels(pairs(at(config, "Labels"))),
    ports: bounds.entries("ports", portsOf(container), (port) => [port.hostAddress]),
    ip: bounds.text(ipOf(container) || (pod?.ip ?? "")),
    hostPid: isHost(at(host, "PidMode")),
    hostNetwork: isHost(at(host, "NetworkMode")),
    hostIpc: isHost(at(host, "IpcMode")),
    createdAt: time(at(container, "Created")),
    startedAt: time(at(container, "State", "StartedAt")),
    pid: count(at(container, "State", "Pid")),
    healthcheck: healthcheckOf(container),
    livenessProbe: [],
    readinessProbe: [],
    pod,
    sandbox,
    leftOut: bounds.leftOut,
  };
}
