/** A runtime of Kubernetes: the Container Runtime Interface, and of containerd its own interface too. */
import type { ContainerFacts } from "../container-facts.ts";
import { Containerd } from "./containerd.ts";
import { factsOfContainer, factsOfSandbox, toRemember } from "./cri-facts.ts";
import {
  NODE,
  imageStatusRequest,
  readContainers,
  readContainerStatus,
  readImageStatus,
  readSandboxes,
  readSandboxStatus,
  readVersion,
  sandboxIdOf,
  statusRequest,
  versionRequest,
  type CriContainer,
  type CriImage,
  type CriSandbox,
} from "./cri-messages.ts";
import { GrpcClient, GrpcRefusal, grpcStatus } from "./grpc.ts";
import { at, text } from "./json.ts";
import { Message, message } from "./protobuf.ts";
import { Remembered } from "./remembered.ts";
import {
  MAX_ANSWER,
  RuntimeError,
  type Clock,
  type Happenings,
  type Listed,
  type RuntimeClient,
} from "./runtime.ts";

/** The interface's versions, newest first. containerd before 1.6 and CRI-O before 1.23 know the second alone. */
const versions = ["v1", "v1alpha2"] as const;
/** Sandboxes and images that are remembered: the containers of a pod ask for the same ones. */
const REMEMBERED = 512;
/** ContainerEventType. */
const CREATED = 0;
const STARTED = 1;
const DELETED = 3;
/** Cgroup paths of pods; what stands elsewhere is not of Kubernetes. */
const ofPod = /kubepods|(?:^|\/)pod[^/]*\/|cri-containerd[-:]/;

/** What a call gives, undefined where the runtime says that there is no such thing. */
async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GrpcRefusal && error.code === grpcStatus.notFound) return undefined;
    throw error;
  }
}

/** A part without which the rest is still worth something; one that only came too late is asked for again. */
async function optional<T>(answer: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RuntimeError && (error.fault === "answer" || error.fault === "size"))
      return undefined;
    throw error;
  }
}

/** Reads an answer. @throws RuntimeError where it is no message */
function readWith<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    throw new RuntimeError("answer", "it answers what is no message of its interface");
  }
}

class Cri implements RuntimeClient {
  readonly type: string;
  readonly version: string;
  readonly #client: GrpcClient;
  readonly #interface: string;
  readonly #containerd: Containerd | undefined;
  readonly #sandboxes = new Remembered<CriSandbox>(REMEMBERED);
  readonly #images = new Remembered<CriImage>(REMEMBERED);

  constructor(client: GrpcClient, apiVersion: string, runtime: { name: string; version: string }) {
    this.#client = client;
    this.#interface = `/runtime.${apiVersion}`;
    this.type = runtime.name;
    this.version = runtime.version;
    this.#containerd = runtime.name === "containerd" ? new Containerd(client) : undefined;
  }

  async facts(id: string, cgroupPath: string, until: number): Promise<ContainerFacts | undefined> {
    const own = () => this.#containerd?.facts(id, cgroupPath, until);
    if (cgroupPath === "" || ofPod.test(cgroupPath))
      return (await this.#factsOfPod(id, until)) ?? (await own());
    return (await own()) ?? (await this.#factsOfPod(id, until));
  }

  async #factsOfPod(id: string, until: number): Promise<ContainerFacts | undefined> {
    const container = await found(this.#containerStatus(id, until));
    if (container?.id === id) {
      const sandboxId = sandboxIdOf(container);
      const sandbox = sandboxId === "" ? undefined : await optional(this.#sandbox(sandboxId, until));
      const image = await optional(this.#image(container.imageRef || container.image, until));
      return factsOfContainer(this.type, container, sandbox, image);
    }
    const sandbox = await found(this.#sandboxStatus(id, until));
    if (sandbox?.id !== id) return undefined;
    this.#sandboxes.set(id, toRemember(sandbox));
    return factsOfSandbox(this.type, sandbox, await optional(this.#imageOfSandbox(sandbox, until)));
  }

  async #containerStatus(id: string, until: number): Promise<CriContainer> {
    const answer = await this.#runtime("ContainerStatus", statusRequest(id), until);
    return readWith(readContainerStatus, answer);
  }

  async #sandboxStatus(id: string, until: number): Promise<CriSandbox> {
    return readWith(readSandboxStatus, await this.#runtime("PodSandboxStatus", statusRequest(id), until));
  }

  /** A pod's address may come after its first container is asked for: until then it is asked again. */
  async #sandbox(id: string, until: number): Promise<CriSandbox | undefined> {
    const known = this.#sandboxes.get(id);
    if (known !== undefined && (known.ip !== "" || known.network === NODE)) return known;
    const sandbox = await found(this.#sandboxStatus(id, until));
    if (sandbox?.id !== id) return undefined;
    this.#sandboxes.set(id, toRemember(sandbox));
    return sandbox;
  }

  async #imageOfSandbox({ info }: CriSandbox, until: number): Promise<CriImage | undefined> {
    return await this.#image(text(at(info, "image")), until);
  }

  async #image(name: string, until: number): Promise<CriImage | undefined> {
    if (name === "") return undefined;
    const known = this.#images.get(name);
    if (known !== undefined) return known;
    const method = `${this.#interface}.ImageService/ImageStatus`;
    const answer = await this.#client.call(method, imageStatusRequest(name), { until });
    const image = readWith(readImageStatus, answer);
    if (image !== undefined) this.#images.set(name, image);
    return image;
  }

  #runtime(call: string, request: Uint8Array, until: number): Promise<Uint8Array> {
    return this.#client.call(`${this.#interface}.RuntimeService/${call}`, request, { until });
  }

  async list(until: number): Promise<readonly Listed[]> {
    const containers = readWith(readContainers, await this.#runtime("ListContainers", message(), until));
    const sandboxes = readWith(readSandboxes, await this.#runtime("ListPodSandbox", message(), until));
    const own = (await this.#containerd?.list(until)) ?? [];
    const listed = new Map([...own, ...sandboxes, ...containers].map((item) => [item.id, item]));
    return [...listed.values()];
  }

  async watch(happenings: Happenings): Promise<void> {
    const gone = (id: string) => {
      this.#sandboxes.delete(id);
      happenings.onGone(id);
    };
    if (this.#containerd !== undefined) return await this.#containerd.watch({ ...happenings, onGone: gone });
    const take = (bytes: Uint8Array) => {
      const event = new Message(bytes);
      const kind = event.number(2);
      if (kind === CREATED || kind === STARTED) happenings.onStarted(event.text(1));
      if (kind === DELETED) gone(event.text(1));
    };
    try {
      await this.#client.stream(`${this.#interface}.RuntimeService/GetContainerEvents`, message(), take);
    } catch (error) {
      // Younger than the interface, and off in CRI-O unless it is asked for.
      if (!(error instanceof GrpcRefusal)) throw error;
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** Asks who is at a socket. @throws RuntimeError */
export async function openCri(socket: string, clock: Clock, until: number): Promise<RuntimeClient> {
  const client = new GrpcClient({ socket, clock, largest: MAX_ANSWER });
  try {
    for (const version of versions) {
      const method = `/runtime.${version}.RuntimeService/Version`;
      const answer = await implemented(client.call(method, versionRequest(), { until }));
      if (answer !== undefined) return new Cri(client, version, readWith(readVersion, answer));
    }
    throw new RuntimeError("answer", "it has no Container Runtime Interface");
  } catch (error) {
    client.close();
    throw error;
  }
}

async function implemented<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GrpcRefusal && error.code === grpcStatus.unimplemented) return undefined;
    throw error;
  }
}
