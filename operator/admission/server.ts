/** The webhook's HTTPS server: reads a review within bounds, has it judged, answers. */
import https from "node:https";
import type http from "node:http";
import type { AddressInfo } from "node:net";
import type { Verdict, AdmissionRequest } from "./review.ts";
import { answerTo, BadReview, readReview } from "./review.ts";

/** Bytes of a body: the old and the new object, each at most what etcd takes, written out in JSON. */
export const mostBody = 8 << 20;
/** Connections at a time: API servers keep a few each. */
const mostConnections = 256;

const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  // Go's clients keep a connection for 90 s: whoever closes first must not be us, or requests are lost.
  keepAliveTimeout: 120_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
  handshakeTimeout: 5000,
};

/** PEM texts. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** How a request ended, for metrics. */
export type Outcome = "allowed" | "refused" | "bad";

export interface WebhookServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly certificate: ServerCertificate;
  readonly judge: (request: AdmissionRequest) => Promise<Verdict>;
  readonly onDone: (outcome: Outcome, milliseconds: number, kind: string) => void;
}

export interface WebhookServer {
  readonly port: number;
  /** New connections get this one. */
  use(certificate: ServerCertificate): void;
  close(): Promise<void>;
}

const secure = ({ certificate, key }: ServerCertificate) => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.2" as const,
});

/** Listens on `/validate`. @throws NodeJS.ErrnoException (EADDRINUSE, EACCES, …) */
export async function serveWebhook(options: WebhookServerOptions): Promise<WebhookServer> {
  const server = https.createServer({ ...limits, ...secure(options.certificate) }, (request, response) => {
    void respond(options, request, response);
  });
  server.maxConnections = mostConnections;
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.address === "" ? undefined : options.address, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", () => {});
  return {
    port: (server.address() as AddressInfo).port,
    use: (certificate) => server.setSecureContext(secure(certificate)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1000).unref();
      }),
  };
}

async function respond(
  options: WebhookServerOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const began = performance.now();
  const end = (outcome: Outcome, kind: string) => options.onDone(outcome, performance.now() - began, kind);
  const refuse = (status: number, error: string) => {
    end("bad", "");
    send(response, status, { error });
  };
  if (request.url?.split("?")[0] !== "/validate") {
    request.resume();
    return refuse(404, "only /validate");
  }
  if (request.method !== "POST") {
    request.resume();
    return refuse(405, "only POST");
  }
  try {
    const body = await receive(request);
    if (body === undefined) {
      response.setHeader("Connection", "close");
      return refuse(413, `a review may have ${mostBody} bytes`);
    }
    const review = readReview(body);
    const verdict = await options.judge(review);
    end(verdict.refusal === undefined ? "allowed" : "refused", review.kind);
    send(response, 200, answerTo(review, verdict));
  } catch (error) {
    if (error instanceof BadReview) refuse(400, error.message);
    // The client is gone, or a fault of ours: without an answer the API server goes on as if we were not there.
    else {
      end("bad", "");
      response.destroy();
    }
  }
}

/** The whole body; undefined where it is too long. Rejects when the client goes away. */
async function receive(request: http.IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: http.ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}
