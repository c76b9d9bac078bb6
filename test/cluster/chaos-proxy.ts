/**
 * A proxy before a real API server that makes faults which the server itself cannot be made to commit at a wanted moment:
 * connections that end or fall silent, answers that are late or say no, a watch that is told 410.
 *
 * It ends TLS, so who goes through it needs a token: a client certificate does not pass.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { KubeAccess } from "../../agent/kube/access.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { KeyPair } from "./pki.ts";

/** One request as a fault's `only` sees it. */
export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
}

/** What is done to a request. */
export type Act =
  /** The server is not asked; the answer is a Status of this code. */
  | { readonly answer: number; readonly retryAfter?: number }
  /** The server is not asked; a watch begins (200) and its first event is an ERROR of this code. Other requests get the code. */
  | { readonly errorEvent: number }
  /** The server is not asked; the connection is reset. */
  | "cut"
  /** The server is asked and does what it is told to; then the connection is reset before its answer. */
  | "cut-after"
  /** Nothing comes, ever. */
  | "hang"
  /** Half of the answer's first part, then the end of the connection. */
  | "half"
  /** The server is asked this many milliseconds later. */
  | { readonly delay: number };

export interface Fault {
  readonly act: Act;
  /** Which requests; all where it is left out. */
  readonly only?: (asked: Asked) => boolean;
  /** How often; until it is taken away where it is left out. */
  readonly times?: number;
}

/** How many requests are remembered. */
const remembered = 10_000;

const newline = 10;

const statusObject = (code: number) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: "a fault of the test's proxy",
  reason: code === 410 ? "Expired" : "InternalError",
  code,
});

const errorLine = (code: number) => `${JSON.stringify({ type: "ERROR", object: statusObject(code) })}\n`;

/** One request that is under way to the server and back. */
interface Exchange {
  readonly asked: Asked;
  readonly response: ServerResponse;
  /** What was let through so far ends with a whole line. */
  atLine: boolean;
}

/** Headers that are between two hops only. */
const hop = new Set(["connection", "keep-alive", "transfer-encoding"]);

const passed = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name)));

export class ChaosProxy {
  readonly #target: KubeAccess;
  readonly #server: https.Server;
  readonly #agent: https.Agent;
  readonly #sockets = new Set<Socket>();
  readonly #silent = new WeakSet<Socket>();
  readonly #exchanges = new Set<Exchange>();
  #faults: { readonly fault: Fault; left: number }[] = [];
  #port = 0;
  /** What was asked for and what was done to it, oldest first: the last 10,000. */
  readonly asked: (Asked & { readonly act: Act | undefined })[] = [];

  private constructor(target: KubeAccess, ca: string, { certificate, key }: KeyPair) {
    this.#target = target;
    this.#agent = new https.Agent({ keepAlive: true, ca });
    this.#server = https.createServer({ cert: certificate, key, keepAliveTimeout: 120_000 });
    this.#server.on("request", (request, response) => this.#take(request, response));
    this.#server.on("secureConnection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
  }

  /** Listens on loopback, in front of this control plane. */
  static async start(plane: ControlPlane): Promise<ChaosProxy> {
    const { ca, ...pair } = plane.serverCertificate("chaos-proxy");
    const proxy = new ChaosProxy(plane.access("admin"), ca, pair);
    await proxy.accept();
    return proxy;
  }

  /** The same access through the proxy. @throws Error where it has no token */
  access(access: KubeAccess): KubeAccess {
    if (access.token === undefined)
      throw new Error("a client certificate does not pass the proxy: use a token");
    return { ...access, server: new URL(`https://127.0.0.1:${this.#port}`) };
  }

  /** From now on this is done to the requests that it names. The first fault that names a request counts. */
  fault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  /** Takes all faults away; what hangs goes on hanging. */
  clear(): void {
    this.#faults = [];
  }

  /** Ends all connections at once, in the middle of whatever they were doing. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends our direction of all connections: the other side may still send, and is read. */
  halfClose(): void {
    for (const socket of this.#sockets) socket.end();
  }

  /** From now on nothing passes on the connections that are open, in no direction, and they stay open. New ones work. */
  silence(): void {
    for (const socket of this.#sockets) this.#silent.add(socket);
  }

  /** Tells all open watches an ERROR of this code and ends them, as the server does where a version is gone (410). */
  endWatches(code: number): void {
    for (const { asked, response, atLine } of this.#exchanges)
      if (asked.watch && atLine && response.headersSent) response.end(errorLine(code));
  }

  /** Nobody listens any more and all connections are cut: the server is away. */
  refuse(): void {
    this.#server.close();
    this.cut();
  }

  /** Listens, at the same port as before. */
  async accept(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Number of connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Number of watches that are open. */
  get watches(): number {
    return [...this.#exchanges].filter(({ asked, response }) => asked.watch && response.headersSent).length;
  }

  /** Cuts everything and listens no more. */
  stop(): Promise<void> {
    this.refuse();
    this.#agent.destroy();
    return Promise.resolve();
  }

  #actFor(asked: Asked): Act | undefined {
    const found = this.#faults.find(({ fault, left }) => left > 0 && (fault.only?.(asked) ?? true));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault.act;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {});
    if (this.#silent.has(request.socket)) return;
    const url = new URL(request.url ?? "/", this.#target.server);
    const query = url.searchParams;
    const watch = ["1", "true"].includes(query.get("watch") ?? "");
    const asked = { method: request.method ?? "", path: url.pathname, query, watch };
    const act = this.#actFor(asked);
    this.asked.push({ ...asked, act });
    if (this.asked.length > remembered) this.asked.shift();
    this.#do(act, { asked, response, atLine: true }, request);
  }

  #do(act: Act | undefined, exchange: Exchange, request: IncomingMessage): void {
    const { response, asked } = exchange;
    if (act === "hang") return;
    if (act === "cut") return void request.socket.destroy();
    if (act === undefined || typeof act === "string") return this.#forward(act, exchange, request);
    if ("delay" in act) return void setTimeout(() => this.#forward(undefined, exchange, request), act.delay);
    // So that the connection can be used again.
    request.resume();
    if ("errorEvent" in act && asked.watch) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(errorLine(act.errorEvent));
      return;
    }
    const code = "answer" in act ? act.answer : act.errorEvent;
    const wait = "answer" in act ? act.retryAfter : undefined;
    response.writeHead(code, {
      "content-type": "application/json",
      ...(wait !== undefined && { "retry-after": String(wait) }),
    });
    response.end(JSON.stringify(statusObject(code)));
  }

  #forward(act: "cut-after" | "half" | undefined, exchange: Exchange, request: IncomingMessage): void {
    const { response } = exchange;
    const { socket } = request;
    const upstream = https.request(
      new URL(request.url ?? "/", this.#target.server),
      { method: request.method, headers: passed(request.headers), agent: this.#agent },
      (answer) => {
        const gone = () => void (this.#silent.has(socket) || socket.destroy());
        answer.once("error", gone);
        if (act === "cut-after") {
          answer.resume().once("end", gone);
          return;
        }
        response.writeHead(answer.statusCode ?? 500, passed(answer.headers));
        response.flushHeaders();
        answer.on("data", (chunk: Buffer) => {
          if (this.#silent.has(socket) || response.writableEnded) return;
          if (act === "half") {
            response.write(chunk.subarray(0, chunk.length >> 1), gone);
            answer.destroy();
            return;
          }
          exchange.atLine = chunk.at(-1) === newline;
          if (response.write(chunk)) return;
          answer.pause();
          response.once("drain", () => answer.resume());
        });
        answer.once("end", () => void (this.#silent.has(socket) || response.end()));
      },
    );
    this.#exchanges.add(exchange);
    response.once("close", () => {
      this.#exchanges.delete(exchange);
      upstream.destroy();
    });
    upstream.once("error", () => void (this.#silent.has(socket) || socket.destroy()));
    request.pipe(upstream);
  }
}
