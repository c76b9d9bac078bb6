/** Asks the API server over kept connections: one answer, a list item by item, or a watch event by event. */
import https from "node:https";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { SecureContext } from "node:tls";
import type { KubeAccess } from "./access.ts";
import type { Clock } from "./clock.ts";
import { credentialFiles, type CredentialSource } from "./credentials.ts";
import { ApiFault, asFault, statusFault } from "./fault.ts";
import { retryAfter } from "./retry.ts";
import { LineSplitter, ListSplitter, type ObjectReader } from "./split.ts";

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** From the root: `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly body?: { readonly type: string; readonly text: string };
}

/** Milliseconds. */
export interface ApiTimes {
  /** Until an answer begins. */
  readonly answer: number;
  /** Without a byte of an answer. */
  readonly stall: number;
  /** A whole answer that is no watch. */
  readonly whole: number;
  /** A watch without an event. Bookmarks come once a minute, if at all; a half-open connection shows nothing else. */
  readonly idle: number;
}

export const defaultTimes: ApiTimes = { answer: 30_000, stall: 30_000, whole: 120_000, idle: 90_000 };

/** Bytes of an answer that `ask` takes. */
const maximumAnswer = 4 << 20;

/** Bytes of an answer other than 2xx that are read. */
const maximumRefusal = 16 << 10;

/** A watch was open and nothing happened on it for too long. */
export class IdleWatch extends ApiFault {}

/** Who takes a watch. */
export interface WatchReader extends ObjectReader {
  /** The server took the question; events follow as they happen. */
  readonly opened: () => void;
}

/** What is fixed for one exchange. */
interface Exchange<T> {
  readonly whole: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Reads a 2xx answer; calls `alive` when something came, `wait` then being how long the next may take. */
  readonly read: (response: IncomingMessage, alive: (wait: number) => void) => Promise<T>;
}

export interface KubeClientOptions {
  readonly access: KubeAccess;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly times?: ApiTimes;
  /** Who we are; by the access's files and texts where it is left out. */
  readonly credentials?: CredentialSource;
  /** Told of each answer: its HTTP status, or 0 where none came. */
  readonly onAnswer?: (method: string, status: number) => void;
}

export class KubeClient {
  readonly #access: KubeAccess;
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #times: ApiTimes;
  readonly #credentials: CredentialSource;
  readonly #onAnswer: (method: string, status: number) => void;
  #agent: https.Agent | undefined;
  #context: SecureContext | undefined;

  constructor({ access, clock, userAgent, times, credentials, onAnswer }: KubeClientOptions) {
    this.#access = access;
    this.#clock = clock;
    this.#userAgent = userAgent;
    this.#times = times ?? defaultTimes;
    this.#credentials = credentials ?? credentialFiles(access, () => clock.now());
    this.#onAnswer = onAnswer ?? (() => {});
  }

  /** One answer as JSON; undefined where the body is empty. @throws ApiFault */
  ask(request: ApiRequest, signal?: AbortSignal): Promise<unknown> {
    return this.#exchange(request, {
      whole: this.#times.whole,
      signal,
      read: async (response, alive) => {
        const text = await textOf(response, maximumAnswer, () => alive(this.#times.stall));
        if (text === undefined) throw new ApiFault("nonsense", "the answer is longer than 4 MiB");
        return text === "" ? undefined : json(text);
      },
    });
  }

  /** A page of a list: items go to `reader` as they come, the rest is returned. @throws ApiFault */
  list(request: ApiRequest, reader: ObjectReader, signal?: AbortSignal): Promise<unknown> {
    return this.#exchange(request, {
      whole: this.#times.whole,
      signal,
      read: async (response, alive) => {
        const splitter = new ListSplitter(reader);
        for await (const chunk of response as AsyncIterable<Buffer>) {
          alive(this.#times.stall);
          splitter.push(chunk);
        }
        return splitter.end();
      },
    });
  }

  /** A watch, until the server ends it, which is no fault. @throws ApiFault, IdleWatch where nothing happened any more */
  watch(request: ApiRequest, reader: WatchReader, signal?: AbortSignal): Promise<void> {
    return this.#exchange(request, {
      whole: undefined,
      signal,
      read: async (response, alive) => {
        const { idle } = this.#times;
        const lines = new LineSplitter({
          ...reader,
          take: (event) => {
            alive(idle);
            reader.take(event);
          },
        });
        alive(idle);
        reader.opened();
        for await (const chunk of response as AsyncIterable<Buffer>) lines.push(chunk);
      },
    });
  }

  /** Cuts all connections. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  /** One more try where a kept connection turned out to be closed by the server. */
  async #exchange<T>(request: ApiRequest, exchange: Exchange<T>): Promise<T> {
    try {
      return await this.#once(request, exchange);
    } catch (error) {
      const stale = error instanceof StaleConnection && (request.method ?? "GET") === "GET";
      const fault = error instanceof StaleConnection ? error.fault : asFault(error);
      if (fault.kind === "unauthorized") this.#credentials.expire();
      if (fault.kind === "timeout") this.#dropKept();
      if (!stale || exchange.signal?.aborted === true) throw fault;
    }
    return this.#once(request, exchange).catch((error: unknown) => {
      throw error instanceof StaleConnection ? error.fault : error;
    });
  }

  async #once<T>(request: ApiRequest, { whole, signal, read }: Exchange<T>): Promise<T> {
    const { token, secureContext } = await this.#credentials.current();
    const { method = "GET", path, query, accept = "application/json", body } = request;
    const { server } = this.#access;
    const url = new URL(server.pathname.replace(/\/$/, "") + path, server);
    url.search = new URLSearchParams(query).toString();
    const headers: OutgoingHttpHeaders = {
      Accept: accept,
      "User-Agent": this.#userAgent,
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        "Content-Type": body.type,
        "Content-Length": Buffer.byteLength(body.text),
      }),
    };
    return new Promise<T>((resolve, reject) => {
      const sent = https.request(url, { method, headers, agent: this.#agentFor(secureContext) });
      let answered = false;
      let watching = false;
      let reason: ApiFault | undefined;
      const give = (fault: ApiFault) => {
        reason ??= fault;
        sent.destroy();
      };
      const expire = () => {
        const message = answered ? "nothing more came in time" : "no answer in time";
        give(watching ? new IdleWatch("timeout", message) : new ApiFault("timeout", message));
      };
      const stop = () => give(new ApiFault("network", "given up"));
      const timers = { next: this.#clock.after(this.#times.answer, expire), whole: () => {} };
      if (whole !== undefined) timers.whole = this.#clock.after(whole, expire);
      const alive = (wait: number) => {
        timers.next();
        timers.next = this.#clock.after(wait, expire);
      };
      const end = () => {
        timers.next();
        timers.whole();
        signal?.removeEventListener("abort", stop);
      };
      const fail = (error: unknown) => {
        end();
        if (!answered) this.#onAnswer(method, 0);
        const fault = reason ?? asFault(error);
        sent.destroy();
        reject(sent.reusedSocket && !answered && reason === undefined ? new StaleConnection(fault) : fault);
      };
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted === true) stop();
      sent.on("socket", (socket) => socket.setKeepAlive(true, 15_000));
      sent.on("error", fail);
      sent.on("close", () => fail(new ApiFault("network", "the connection ended without an answer")));
      sent.on("response", (response) => {
        answered = true;
        this.#onAnswer(method, response.statusCode ?? 0);
        watching = whole === undefined && ok(response);
        sent.removeAllListeners("close");
        alive(this.#times.stall);
        const reading = ok(response) ? read(response, alive) : this.#refusal(response);
        reading.then((value) => {
          end();
          resolve(value);
        }, fail);
      });
      sent.end(body?.text);
    });
  }

  async #refusal(response: IncomingMessage): Promise<never> {
    const text = (await textOf(response, maximumRefusal, () => {})) ?? "";
    const wait = retryAfter(response.headers["retry-after"], this.#clock.now());
    let said: unknown = text;
    try {
      said = JSON.parse(text) as unknown;
    } catch {
      // A proxy's words, or an answer that was cut: its text has to do.
    }
    throw statusFault(response.statusCode ?? 0, said, wait);
  }

  #agentFor(secureContext: SecureContext): https.Agent {
    if (this.#agent === undefined || this.#context !== secureContext) {
      this.#agent?.destroy();
      const { insecure, serverName } = this.#access;
      this.#agent = new https.Agent({
        keepAlive: true,
        maxFreeSockets: 4,
        secureContext,
        rejectUnauthorized: !insecure,
        ...(serverName !== undefined && { servername: serverName }),
      });
      this.#context = secureContext;
    }
    return this.#agent;
  }

  /** Where one connection is dead, those that wait for the next question are likely dead as well. */
  #dropKept(): void {
    for (const sockets of Object.values(this.#agent?.freeSockets ?? {}))
      for (const socket of sockets ?? []) socket.destroy();
  }
}

/** A kept connection that the server closed before it answered. */
class StaleConnection extends Error {
  readonly fault: ApiFault;

  constructor(fault: ApiFault) {
    super(fault.message);
    this.fault = fault;
  }
}

const ok = ({ statusCode = 0 }: IncomingMessage) => statusCode >= 200 && statusCode < 300;

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiFault("nonsense", "what the API server sent is no JSON");
  }
}

/** The body; undefined where it is longer than `bound`, the connection then being closed. */
async function textOf(
  response: IncomingMessage,
  bound: number,
  alive: () => void,
): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    alive();
    length += piece.length;
    if (length > bound) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
