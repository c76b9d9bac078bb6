/**
 * containerd's own interface (containerd/containerd, api/services): containers of `ctr`, nerdctl and the like, which the
 * Container Runtime Interface does not show, and events, which it has only since containerd 1.7.
 */
import type { ContainerFacts } from "../container-facts.ts";
import { Bounds } from "./bounds.ts";
import { GrpcRefusal, grpcStatus, type GrpcClient } from "./grpc.ts";
import { imageFacts } from "./image-name.ts";
import { parseJson } from "./json.ts";
import { looksPrivileged, sharesNodes, specEnv, specMounts } from "./oci-spec.ts";
import { Message, message } from "./protobuf.ts";
import { RuntimeError, type Happenings, type Listed } from "./runtime.ts";

const services = "/containerd.services";
/** Namespaces that are looked into, each a question of its own. */
const MAX_NAMESPACES = 16;
/** Docker's containers: they have neither name nor image here, and Docker itself is asked for them. */
const dockers = "moby";
/** Label by which the CRI plugin knows its own; what it does not show yet is still being made. */
const kindLabel = "io.cri-containerd.kind";

/** What containerd takes as a name; it goes into a header. */
const namespaceForm = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;

const topics = ["/containers/create", "/tasks/start", "/containers/delete"] as const;

export class Containerd {
  readonly #client: GrpcClient;

  constructor(client: GrpcClient) {
    this.#client = client;
  }

  async #call(method: string, request: Uint8Array, until: number, namespace?: string): Promise<Message> {
    const headers = namespace === undefined ? {} : { "containerd-namespace": namespace };
    const answer = await this.#client.call(`${services}.${method}`, request, { until, headers });
    return readMessage(answer);
  }

  /** The answer about one thing of a namespace; undefined where there is none. */
  async #get(method: string, id: string, until: number, namespace: string): Promise<Message | undefined> {
    try {
      return await this.#call(`${method}/Get`, message([1, id]), until, namespace);
    } catch (error) {
      if (error instanceof GrpcRefusal && error.code === grpcStatus.notFound) return undefined;
      throw error;
    }
  }

  async #namespaces(until: number): Promise<readonly string[]> {
    const answer = await this.#call("namespaces.v1.Namespaces/List", message(), until);
    const names = answer.messages(1).map((namespace) => namespace.text(1));
    return names.filter((name) => name !== dockers && namespaceForm.test(name)).slice(0, MAX_NAMESPACES);
  }

  /** A container of any namespace; the one above it in its cgroup path first, which is where `ctr` puts it. */
  async facts(id: string, cgroupPath: string, until: number): Promise<ContainerFacts | undefined> {
    const above = cgroupPath.split("/").at(-2) ?? "";
    const guess = namespaceForm.test(above) && above !== dockers ? above : undefined;
    if (guess !== undefined) {
      const facts = await this.#factsIn(guess, id, until);
      if (facts !== undefined) return facts;
    }
    for (const namespace of await this.#namespaces(until)) {
      const facts = namespace === guess ? undefined : await this.#factsIn(namespace, id, until);
      if (facts !== undefined) return facts;
    }
    return undefined;
  }

  async #factsIn(namespace: string, id: string, until: number): Promise<ContainerFacts | undefined> {
    const container = (await this.#get("containers.v1.Containers", id, until, namespace))?.message(1);
    if (container?.text(1) !== id) return undefined;
    if (container.map(2).some(([name]) => name === kindLabel)) return undefined;
    const name = container.text(3);
    const [image, task] = await Promise.all([
      name === "" ? undefined : this.#get("images.v1.Images", name, until, namespace),
      this.#get("tasks.v1.Tasks", id, until, namespace),
    ]);
    const digest = image?.message(1).message(3).text(2) ?? "";
    return factsOf(container, digest, task?.message(1).number(3) ?? 0);
  }

  /** Containers of all namespaces that are not of the CRI plugin; whether they run is not told here. */
  async list(until: number): Promise<readonly Listed[]> {
    const listed: Listed[] = [];
    for (const namespace of await this.#namespaces(until)) {
      const answer = await this.#call("containers.v1.Containers/List", message(), until, namespace);
      for (const container of answer.messages(1))
        if (!container.map(2).some(([name]) => name === kindLabel))
          listed.push({ id: container.text(1), running: true });
    }
    return listed;
  }

  async watch({ onStarted, onGone }: Happenings): Promise<void> {
    const filters = topics.map((topic) => [1, `topic=="${topic}"`] as const);
    await this.#client.stream(`${services}.events.v1.Events/Subscribe`, message(...filters), (bytes) => {
      const envelope = new Message(bytes);
      if (envelope.text(2) === dockers) return;
      const id = envelope.message(4).message(2).text(1);
      if (envelope.text(3) === topics[2]) onGone(id);
      else onStarted(id);
    });
  }
}

function readMessage(bytes: Uint8Array): Message {
  try {
    return new Message(bytes);
  } catch {
    throw new RuntimeError("answer", "it answers what is no message of its interface");
  }
}

/** A container that no orchestrator made: all there is to know stands in its configuration. */
function factsOf(container: Message, digest: string, pid: number): ContainerFacts {
  const spec = parseJson(Buffer.from(container.message(5).bytes(2)).toString("utf8"));
  const labels = container.map(2);
  const bounds = new Bounds();
  const created = container.message(8);
  const id = container.text(1);
  return {
    id,
    type: "containerd",
    name: bounds.text(labels.find(([name]) => name === "nerdctl/name")?.[1] ?? id),
    ...imageFacts([bounds.text(container.text(3))], [digest]),
    imageId: "",
    privileged: looksPrivileged(spec),
    mounts: bounds.entries("mounts", specMounts(spec), (mount) => [mount.source, mount.destination]),
    env: bounds.env(specEnv(spec)),
    labels: bounds.labels(labels),
    ports: [],
    ip: "",
    hostPid: sharesNodes(spec, "pid"),
    hostNetwork: sharesNodes(spec, "network"),
    hostIpc: sharesNodes(spec, "ipc"),
    createdAt: created.int64(1) * 1_000_000_000n + created.int64(2),
    startedAt: 0n,
    pid,
    healthcheck: [],
    livenessProbe: [],
    readinessProbe: [],
    pod: undefined,
    sandbox: false,
    leftOut: bounds.leftOut,
  };
}
