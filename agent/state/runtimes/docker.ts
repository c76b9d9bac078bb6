/** Docker, and Podman, which speaks the same and a language of its own (libpod) besides. */
import type { ContainerFacts } from "../container-facts.ts";
import { factsOfDocker, podIdOf, sandboxOf } from "./docker-facts.ts";
import { UnixHttp } from "./http.ts";
import { at, list } from "./json.ts";
import { Remembered } from "./remembered.ts";
import {
  MAX_ANSWER,
  RuntimeError,
  type Clock,
  type Happenings,
  type Listed,
  type RuntimeClient,
} from "./runtime.ts";

/** Images that are remembered, by id. */
const REMEMBERED = 256;

/**
 * What is listened to. The end is called `destroy` by Docker, `remove` by Podman. Podman holds a container's lock from its
 * making until it runs: who asks before, waits.
 */
const events = {
  docker: { started: ["create", "start"], gone: ["destroy"] },
  podman: { started: ["start"], gone: ["remove"] },
};

/** An id goes into a path: nothing but what runtimes make. */
const identifier = /^[0-9a-f]{64}$/;

class Docker implements RuntimeClient {
  readonly type: "docker" | "podman";
  readonly version: string;
  readonly #client: UnixHttp;
  /** What stands before a path of libpod; undefined for Docker. */
  readonly #libpod: string | undefined;
  readonly #images = new Remembered<unknown>(REMEMBERED);

  constructor(client: UnixHttp, version: string, libpodVersion: string | undefined) {
    this.#client = client;
    this.type = libpodVersion === undefined ? "docker" : "podman";
    this.version = version;
    this.#libpod = libpodVersion === undefined ? undefined : `/v${libpodVersion}/libpod`;
  }

  async facts(id: string, _cgroupPath: string, until: number): Promise<ContainerFacts | undefined> {
    if (!identifier.test(id)) return undefined;
    const container = await this.#about("containers", id, until);
    if (container === undefined) return undefined;
    if (at(container, "Id") !== id) throw new RuntimeError("answer", "it answers about another container");
    return factsOfDocker(this.type, id, container, {
      image: await this.#image(container, until),
      sandbox: await this.#optional("containers", sandboxOf(container), until),
      pod: this.#libpod === undefined ? undefined : await this.#optional("pods", podIdOf(container), until),
    });
  }

  async #about(kind: string, id: string, until: number): Promise<unknown> {
    return (await this.#client.get(`${this.#libpod ?? ""}/${kind}/${id}/json`, until))?.body;
  }

  /** A part without which the rest is still worth something; one that only came too late is asked for again. */
  async #optional(kind: string, id: string, until: number): Promise<unknown> {
    if (id === "") return undefined;
    try {
      return await this.#about(kind, id, until);
    } catch (error) {
      if (error instanceof RuntimeError && (error.fault === "answer" || error.fault === "size"))
        return undefined;
      throw error;
    }
  }

  /** Only Docker keeps an image's digest apart from the container. */
  async #image(container: unknown, until: number): Promise<unknown> {
    const id = at(container, "Image");
    if (this.#libpod !== undefined || typeof id !== "string" || !/^sha256:[0-9a-f]{64}$/.test(id))
      return undefined;
    const known = this.#images.get(id);
    if (known !== undefined) return known;
    const image = await this.#optional("images", id, until);
    if (image !== undefined) {
      const kept = { RepoTags: at(image, "RepoTags"), RepoDigests: at(image, "RepoDigests") };
      this.#images.set(id, kept);
      return kept;
    }
    return undefined;
  }

  async list(until: number): Promise<readonly Listed[]> {
    const answer = await this.#client.get("/containers/json?all=true", until);
    return list(answer?.body).flatMap((container) => {
      const id = at(container, "Id");
      return typeof id === "string" && identifier.test(id)
        ? [{ id, running: at(container, "State") === "running" }]
        : [];
    });
  }

  async watch({ onStarted, onGone }: Happenings): Promise<void> {
    const { started, gone } = events[this.type];
    const filters = JSON.stringify({ type: ["container"], event: [...started, ...gone] });
    await this.#client.lines(`/events?filters=${encodeURIComponent(filters)}`, (event) => {
      const id = at(event, "Actor", "ID") ?? at(event, "id");
      const action = at(event, "Action") ?? at(event, "status");
      if (typeof id !== "string" || !identifier.test(id) || typeof action !== "string") return;
      if (started.includes(action)) onStarted(id);
      if (gone.includes(action)) onGone(id);
    });
    throw new RuntimeError("unreachable", "it ended its stream of events");
  }

  close(): void {
    this.#client.close();
  }
}

/**
 * Asks who is at a socket. The version stands in the headers: Podman's answer to `/version` runs programs and takes
 * seconds on a busy machine. @throws RuntimeError
 */
export async function openDocker(socket: string, clock: Clock, until: number): Promise<RuntimeClient> {
  const client = new UnixHttp({ socket, clock, largest: MAX_ANSWER });
  try {
    const { headers = {} } = (await client.get("/_ping", until)) ?? {};
    const libpod = headers["libpod-api-version"];
    const podman = typeof libpod === "string" && /^\d+(?:\.\d+){1,3}$/.test(libpod) ? libpod : undefined;
    if (podman === undefined && headers["api-version"] === undefined)
      throw new RuntimeError("answer", "it is neither Docker nor Podman");
    const version = /^(?:Docker|Libpod)\/([\w.+~-]{1,64})/.exec(String(headers["server"] ?? ""))?.[1] ?? "";
    return new Docker(client, version, podman);
  } catch (error) {
    client.close();
    throw error;
  }
}
