/**
 * A stand-in for the Kubernetes API server, for faults that the real one cannot be made to commit at a wanted moment: it
 * keeps objects with versions, lists them in pages, and replays to a watch what came since its version. The real one is
 * used by test/cluster.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Certificates } from "./certificates.ts";

/** Objects as tests write them. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

export interface Asked {
  readonly method: string;
  /** `pods`, `deployments`, …; "" for what is no resource. */
  readonly resource: string;
  /** The one object that is asked for; "" for a list or watch. */
  readonly name: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What goes wrong with one request. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The connection ends before an answer. */
  | { readonly kind: "cut" }
  /** Nothing comes, ever. */
  | { readonly kind: "hang" }
  /** An answer begins and comes byte by byte, without end. */
  | { readonly kind: "trickle" }
  /** 200 and no JSON. */
  | { readonly kind: "garbage" }
  /** The answer ends in its middle; for a watch: after its first bytes. */
  | { readonly kind: "half" }
  /** The answer is right but late, ms. */
  | { readonly kind: "late"; readonly milliseconds: number }
  /** A watch whose first event is an ERROR of that code. */
  | { readonly kind: "error-event"; readonly code: number }
  /** A watch whose first event is longer than an object may be. */
  | { readonly kind: "giant" }
  /** A watch that ends at once. */
  | { readonly kind: "end" };

interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: string;
  readonly object: KubeObject;
}

interface Watch {
  readonly asked: Asked;
  readonly response: ServerResponse;
}

const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };

export class StandInApi {
  /** Decides what goes wrong with a request. */
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  readonly asked: Asked[] = [];
  /** Connections that were made. */
  connections = 0;
  /** Bookmarks are sent so often, ms. */
  bookmarkEvery = 60_000;
  readonly #server: https.Server;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watches = new Set<Watch>();
  readonly #sockets = new Set<Socket>();
  #history: Change[] = [];
  /** The oldest version from which a watch can begin. */
  #oldest = 0;
  #version = 1000;
  /** Snapshots of paged lists, by token. */
  #pages = new Map<string, { readonly items: readonly KubeObject[]; readonly version: number }>();
  /** Sends them. */
  bookmarks: NodeJS.Timeout | undefined;

  constructor(certificates: Certificates, options: https.ServerOptions = {}) {
    this.#server = https.createServer(
      { cert: certificates.server.cert, key: certificates.server.key, ...options },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.on("secureConnection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("tlsClientError", () => {});
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.bookmarks = setInterval(() => this.bookmark(), this.bookmarkEvery);
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearInterval(this.bookmarks);
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  all(resource: string): KubeObject[] {
    return [...(this.#objects.get(resource)?.values() ?? [])];
  }

  put(resource: string, object: KubeObject): void {
    const table = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, table);
    const type = table.has(object.metadata.uid) ? "MODIFIED" : "ADDED";
    const version = ++this.#version;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    table.set(object.metadata.uid, stored);
    this.#publish({ version, type, resource, object: stored });
  }

  delete(resource: string, uid: string): void {
    const object = this.#objects.get(resource)?.get(uid);
    if (object === undefined) return;
    this.#objects.get(resource)!.delete(uid);
    const version = ++this.#version;
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#publish({ version, type: "DELETED", resource, object: last });
  }

  /** Forgets what happened, as etcd's compaction does: older versions are gone, and pages. */
  compact(): void {
    this.#oldest = this.#version;
    this.#history = [];
    this.#pages = new Map();
  }

  /** Ends watches as a server does after their time. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
    this.#watches.clear();
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Sends something on all watches of a resource. */
  say(resource: string, text: string): void {
    for (const { asked, response } of this.#watches) if (asked.resource === resource) response.write(text);
  }

  /** Half-opens the watches there are: nothing comes any more, and nothing says so. */
  mute(): void {
    this.#watches.clear();
  }

  get watches(): number {
    return this.#watches.size;
  }

  bookmark(): void {
    for (const { asked, response } of this.#watches)
      if (asked.query.get("allowWatchBookmarks") === "true")
        response.write(
          `${JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(this.#version) } } })}\n`,
        );
  }

  #publish(change: Change): void {
    this.#history.push(change);
    for (const watch of this.#watches) this.#send(watch, change);
  }

  #send({ asked, response }: Watch, { resource, type, object }: Change): void {
    if (resource !== asked.resource || !selects(asked, object)) return;
    response.write(`${JSON.stringify({ type, object: shown(asked, object, "") })}\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const { pathname, searchParams } = new URL(request.url!, "https://x");
    const [, resource = "", name = ""] =
      /^\/(?:api|apis\/[^/]+)\/v1\/(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const asked: Asked = {
      method: request.method!,
      resource,
      name,
      path: pathname,
      query: searchParams,
      watch: searchParams.get("watch") === "1",
      headers: request.headers,
      body: Buffer.concat(pieces).toString(),
    };
    this.asked.push(asked);
    const fault = this.fault(asked);
    if (fault?.kind === "late") await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
    if (fault !== undefined && this.#commit(fault, asked, response)) return;
    if (asked.name !== "") this.#get(asked, response);
    else if (asked.watch) this.#watch(asked, response, fault);
    else this.#list(asked, response, fault);
  }

  /** Does what goes wrong; false where the answer goes on. */
  #commit(fault: Fault, asked: Asked, response: ServerResponse): boolean {
    switch (fault.kind) {
      case "status":
        response
          .writeHead(fault.status, fault.headers)
          .end(
            fault.body ??
              JSON.stringify({ kind: "Status", code: fault.status, message: `made ${fault.status}` }),
          );
        return true;
      case "cut":
        response.socket?.destroy();
        return true;
      case "hang":
        return true;
      case "trickle": {
        const trickling = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(trickling));
        return true;
      }
      case "garbage":
        response.end("<html>\u0000}{]\n");
        return true;
      case "end":
        response.writeHead(200).end();
        return true;
      case "error-event":
        response
          .writeHead(200)
          .write(`${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: fault.code } })}\n`);
        return asked.watch;
      case "giant":
        response.writeHead(200);
        for (let i = 0; i < 9; i++) response.write(Buffer.alloc(1 << 20, 0x78));
        response.write("\n");
        return asked.watch;
      case "half":
      case "late":
        return false;
    }
  }

  #get(asked: Asked, response: ServerResponse): void {
    const found = this.all(asked.resource).find(({ metadata }) => metadata.name === asked.name);
    if (found !== undefined) return void response.end(JSON.stringify(shown(asked, found, "")));
    const message = `${asked.resource} "${asked.name}" not found`;
    response.writeHead(404).end(JSON.stringify({ kind: "Status", code: 404, reason: "NotFound", message }));
  }

  #list(asked: Asked, response: ServerResponse, fault: Fault | undefined): void {
    const { query } = asked;
    const token = query.get("continue");
    const page = token === null ? undefined : this.#pages.get(token);
    if (token !== null && page === undefined)
      return void response.writeHead(410).end(JSON.stringify(expired));
    const all = page?.items ?? this.all(asked.resource).filter((object) => selects(asked, object));
    const version = page?.version ?? this.#version;
    const limit = Number(query.get("limit") ?? Infinity);
    const rest = all.slice(limit);
    const next = rest.length === 0 ? {} : { continue: `page-${this.#pages.size}-${version}` };
    if (next.continue !== undefined) this.#pages.set(next.continue, { items: rest, version });
    const text = JSON.stringify({
      kind: "List",
      apiVersion: "v1",
      metadata: { resourceVersion: String(version), ...next },
      items: all.slice(0, limit).map((object) => shown(asked, object, "List")),
    });
    if (fault?.kind !== "half") return void response.end(text);
    response.write(text.slice(0, text.length / 2));
    setTimeout(() => response.socket?.destroy(), 5);
  }

  #watch(asked: Asked, response: ServerResponse, fault: Fault | undefined): void {
    const from = Number(asked.query.get("resourceVersion"));
    response.writeHead(200).flushHeaders();
    if (from < this.#oldest) {
      response.end(`${JSON.stringify({ type: "ERROR", object: expired })}\n`);
      return;
    }
    if (fault?.kind === "half") {
      response.write('{"type":"MODIFIED","object":{"meta');
      setTimeout(() => response.socket?.destroy(), 5);
      return;
    }
    const watch = { asked, response };
    for (const change of this.#history) if (change.version > from) this.#send(watch, change);
    this.#watches.add(watch);
    response.on("close", () => this.#watches.delete(watch));
  }
}

function selects({ path, query }: Asked, object: KubeObject): boolean {
  const namespace = /\/namespaces\/([^/]+)\/[a-z]+$/.exec(path)?.[1];
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  const [field, value] = query.get("fieldSelector")?.split("=") ?? [];
  if (field === "metadata.name") return object.metadata.name === value;
  if (field === "spec.nodeName")
    return (object["spec"] as { nodeName?: string } | undefined)?.nodeName === value;
  return true;
}

/** The object as it was asked for: whole, or its metadata alone. */
function shown({ headers }: Asked, object: KubeObject, list: string): unknown {
  return headers.accept?.includes(`as=PartialObjectMetadata${list};`) === true
    ? { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata }
    : object;
}
