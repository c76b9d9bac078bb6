/**
 * Receives audit events from API servers: their webhook backend posts them. A body is answered when the rules have been
 * tried on it, so what was answered is not lost, and an API server that is too fast has to wait.
 */
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Connections } from "./connections.ts";
import {
  watchCredentials,
  type CredentialFiles,
  type Credentials,
  type WatchedCredentials,
} from "./credentials.ts";
import { limits as production, type Limits } from "./limits.ts";
import { Budget, receiveBody } from "./receive-body.ts";
import {
  accepted,
  busy,
  closing,
  fault,
  malformed,
  outcomes,
  refusal,
  tooLarge,
  type Answer,
  type Outcome,
} from "./requests.ts";
import { BodyError } from "./split-body.ts";
import { tlsTrouble } from "./tls-trouble.ts";

export interface AuditServerOptions {
  /** IP address or host name; "" for all addresses. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly files: CredentialFiles;
  /** Tries the rules on a body's events; settles when that is done. @throws BodyError where it is none */
  readonly take: (body: Buffer) => Promise<void>;
  /** Says something; lines of one `cause` not too often. */
  readonly log: (level: "error" | "warning" | "info", message: string, cause: string) => void;
  readonly limits?: Limits;
  /** How often credentials are looked at, ms. */
  readonly lookEvery?: number;
}

/** How often credentials are looked at, ms: the kubelet needs about a minute for a Secret. */
const LOOK_EVERY = 10_000;
const clientGone = "a client went away, or was too slow, before its request was there";
/** How long a client that was refused may go on sending before its connection is cut, ms. */
const LINGER = 2000;

export class AuditServer {
  readonly counts: Record<Outcome, number>;
  private readonly options: AuditServerOptions;
  private readonly limits: Limits;
  private readonly server: http.Server | https.Server;
  private readonly connections: Connections;
  private readonly budget: Budget;
  private readonly working = new Set<Promise<void>>();
  private tokens: Credentials["tokens"];
  /** Connections whose trouble is counted already. */
  private readonly told = new WeakSet<Socket>();
  private watched: WatchedCredentials | undefined;
  private closing = false;

  /** Listens. @throws CredentialsError, NodeJS.ErrnoException (EADDRINUSE, EACCES, …) */
  static async listen(options: AuditServerOptions): Promise<AuditServer> {
    let server: AuditServer | undefined;
    const watched = await watchCredentials(options.files, options.lookEvery ?? LOOK_EVERY, {
      changed: (credentials) => server?.change(credentials),
      problem: (message) =>
        options.log("error", `${message}; what was read before stays in force`, "credentials"),
    });
    try {
      server = new AuditServer(options, watched.first);
      await server.open();
    } catch (error) {
      watched.close();
      throw error;
    }
    server.watched = watched;
    return server;
  }

  private constructor(options: AuditServerOptions, { tls, tokens }: Credentials) {
    const { files, limits = production } = options;
    this.options = options;
    this.limits = limits;
    this.tokens = tokens;
    this.counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    this.connections = new Connections(limits.connections);
    this.budget = new Budget(limits.pending);
    const bounds = {
      headersTimeout: limits.headersTime,
      requestTimeout: limits.requestTime,
      keepAliveTimeout: limits.idleTime,
      connectionsCheckingInterval: Math.min(1000, limits.headersTime),
      maxHeaderSize: limits.headers,
    };
    const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
      const work = this.respond(request, response);
      this.working.add(work);
      void work.finally(() => this.working.delete(work));
    };
    const mutual = files.clientCa !== undefined;
    this.server =
      tls === undefined
        ? http.createServer(bounds, listener)
        : https.createServer(
            {
              ...bounds,
              ...tls,
              handshakeTimeout: limits.headersTime,
              requestCert: mutual,
              rejectUnauthorized: mutual,
            },
            listener,
          );
    this.server.on("connection", (socket: Socket) => {
      this.connections.add(socket);
      socket.on("error", () => undefined);
    });
    // Before Node's own listener, which makes a clientError of it.
    this.server.prependListener("tlsClientError", (error: Error, socket: TLSSocket) =>
      this.badHandshake(error, socket),
    );
    this.server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) =>
      this.badRequest(error, socket),
    );
  }

  private open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      const { address, port } = this.options;
      this.server.listen({ port, ...(address !== "" && { host: address }) }, () => {
        this.server.off("error", reject);
        this.server.on("error", ({ message }) => this.options.log("error", message, "server"));
        resolve();
      });
    });
  }

  /** Where it listens, as a URL without path. */
  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo;
    const host = family === "IPv6" ? `[${address}]` : address;
    return `${this.server instanceof https.Server ? "https" : "http"}://${host}:${port}`;
  }

  /** Connections that were ended to make room count as outcome `connections`. */
  outcomes(): Readonly<Record<Outcome, number>> {
    return { ...this.counts, connections: this.connections.ended };
  }

  private change({ tls, tokens }: Credentials): void {
    this.tokens = tokens;
    if (tls !== undefined && this.server instanceof https.Server) this.server.setSecureContext(tls);
    // What was let in by the old ones comes again.
    this.server.closeIdleConnections();
    this.options.log("info", "certificates and tokens were read again", "credentials read");
  }

  private count(outcome: Outcome, message: string): void {
    this.counts[outcome]++;
    if (outcome !== "accepted") this.options.log("warning", message, `request ${outcome}`);
  }

  private badHandshake(error: Error, socket: TLSSocket): void {
    this.told.add(socket);
    this.count("handshake", `a TLS handshake failed: ${tlsTrouble(error, socket.authorizationError)}`);
    socket.destroy();
  }

  /** What is no HTTP, or too slow. */
  private badRequest({ code, message }: NodeJS.ErrnoException, socket: Socket): void {
    // Who was refused need not send the rest.
    if (this.told.has(socket)) {
      socket.destroy();
      return;
    }
    const slow = code === "ERR_HTTP_REQUEST_TIMEOUT";
    const reset = code === "ECONNRESET" || code === "HPE_INVALID_EOF_STATE";
    if (reset) this.count("client_gone", clientGone);
    else this.count("protocol", `a request could not be read: ${message}`);
    const status =
      code === "HPE_HEADER_OVERFLOW"
        ? "431 Request Header Fields Too Large"
        : slow
          ? "408 Request Timeout"
          : "400 Bad Request";
    if (reset || !socket.writable) socket.destroy();
    else socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  private async respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const early = this.closing ? closing : refusal(request, this.tokens);
    if (early !== undefined) {
      await this.refuse(early, request, response);
      return;
    }
    const received = await receiveBody(request, this.limits.body, this.budget);
    if ("body" in received) {
      const { socket } = request;
      this.connections.work(socket);
      const answer = await this.take(received.body);
      this.budget.give(received.body.length);
      this.count(answer.outcome, `a request was refused: ${answer.text}`);
      this.send(answer, response).end();
      this.connections.rest(socket);
    } else if (received.refused === "client_gone") {
      this.count("client_gone", clientGone);
    } else {
      const most = `a body may have ${this.limits.body} bytes`;
      await this.refuse(received.refused === "busy" ? busy : tooLarge(most), request, response);
    }
  }

  private async take(body: Buffer): Promise<Answer> {
    try {
      await this.options.take(body);
      return accepted;
    } catch (error) {
      if (!(error instanceof BodyError)) return fault(error);
      return error.outcome === "malformed" ? malformed(error.message) : tooLarge(error.message);
    }
  }

  private send({ status, text, headers }: Answer, response: http.ServerResponse, more = {}) {
    response.writeHead(status, {
      ...(text === "" ? {} : { "Content-Type": "text/plain; charset=utf-8" }),
      "Content-Length": text === "" ? 0 : text.length + 1,
      ...headers,
      ...more,
    });
    if (text !== "") response.write(`${text}\n`);
    return response;
  }

  /** Refuses a request whose body is still on its way. What comes is passed over for a while, so that the client reads the answer. */
  private async refuse(
    answer: Answer,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    this.told.add(request.socket);
    this.count(answer.outcome, `a request was refused: ${answer.text}`);
    this.send(answer, response, { Connection: "close" });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LINGER);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      request.once("end", done).once("close", done).once("error", done).resume();
      if (request.complete) done();
    });
    response.end();
    if (!request.complete) request.socket.destroySoon();
  }

  /** Takes no more, and resolves when all that was received is answered. */
  async close(): Promise<void> {
    this.closing = true;
    this.watched?.close();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    await Promise.allSettled([...this.working]);
    this.server.closeAllConnections();
    await closed;
  }
}
