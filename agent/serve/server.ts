/** Health, versions and metrics over HTTP. Everything it says it is given as functions. */
import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";

/** A state with its reason where it is not good. */
export interface Health {
  readonly ok: boolean;
  readonly reason?: string;
}

export interface ServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Path of the health check. */
  readonly healthzPath: string;
  /** PEM file with certificate and key; undefined: plain HTTP. */
  readonly certificate: string | undefined;
  /** Whether the agent lives: what does not is restarted. */
  readonly health: () => Health;
  /** Whether it watches with a rule set. */
  readonly ready: () => Health;
  /** Body of /versions. */
  readonly versions: () => unknown;
  /** Body and type of /metrics; undefined: there is none. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> } | undefined;
}

export interface Server {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Connections at a time; more are closed at once. */
const maximumConnections = 64;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Listens and answers.
 * @throws NodeJS.ErrnoException (EADDRINUSE, EACCES, ENOENT of the certificate, …)
 */
export async function serve(options: ServerOptions): Promise<Server> {
  const limits = {
    headersTimeout: 2000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 500,
    maxHeaderSize: 8192,
  };
  const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
    void respond(options, request, response);
  };
  const pem = options.certificate === undefined ? undefined : await readFile(options.certificate, "utf8");
  const server =
    pem === undefined
      ? http.createServer(limits, listener)
      : https.createServer({ ...limits, cert: pem, key: pem }, listener);
  server.maxConnections = maximumConnections;
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.address, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", () => {});
  const { address, port } = server.address() as AddressInfo;
  return {
    address,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  options: ServerOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  request.resume();
  const { status, type, body } = await answer(options, request);
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    ...(status === 405 ? { Allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function answer(options: ServerOptions, { method, url = "" }: http.IncomingMessage): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return json(405, { error: "only GET and HEAD" });
  const path = url.split("?")[0] ?? "";
  try {
    switch (path) {
      case options.healthzPath:
        return state(options.health());
      case "/readyz":
        return state(options.ready());
      case "/versions":
        return json(200, options.versions());
      case "/metrics":
        if (options.metrics === undefined) break;
        return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() };
      default:
    }
  } catch (error) {
    return json(500, { error: error instanceof Error ? error.message : String(error) });
  }
  return json(404, { error: "not found" });
}

function state({ ok, reason }: Health): Answer {
  return ok
    ? json(200, { status: "ok" })
    : json(503, { status: "not ok", ...(reason === undefined ? {} : { reason }) });
}

function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}
