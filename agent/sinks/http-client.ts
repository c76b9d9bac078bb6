/** Posting to one URL over kept connections, and what an answer means. */
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { guardedLookup, isRefused, refusal } from "./guard.ts";
import { noProxy, proxyFor, proxyHeaders, TunnelAgent, type ProxySettings } from "./proxy.ts";
import { DeliveryError, systemError } from "./sink.ts";
import type { Trust } from "./trust.ts";

export interface HttpClientOptions {
  readonly trust: Trust;
  /** TCP keep-alive probes. */
  readonly keepAliveProbes?: boolean;
  /** Absent: none. */
  readonly proxy?: ProxySettings;
  /** Whether it must not go to the node itself (guard.ts). */
  readonly guarded?: boolean;
  /** POST where absent. */
  readonly method?: "POST" | "PUT";
  /** Texts beside those of the URL that no message may hold. */
  readonly secrets?: readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  /** The first characters of the body. */
  readonly body: string;
  /** Milliseconds of Retry-After, if there was one. */
  readonly retryAfter: number | undefined;
}

/** Bytes of an answer that are kept, and that are read at most before the connection is closed. */
const keptBytes = 4096;
const readBytes = 65_536;

/** Characters of an answer's body that a reason may hold. */
const reasonLength = 500;

/** One URL. Not for concurrent use: a sink sends one alert after the other. */
export class HttpClient {
  readonly #url: URL;
  readonly #options: HttpClientOptions;
  #agent: http.Agent | undefined;
  #proxy: URL | undefined;

  constructor(url: URL, options: HttpClientOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Reads the certificates. @throws DeliveryError naming the file and errno */
  async open(): Promise<void> {
    this.#agent ??= await this.#connect();
  }

  async #connect(): Promise<http.Agent> {
    const { trust, proxy = noProxy, guarded } = this.#options;
    const host = this.#url.hostname.replace(/^\[|\]$/g, "");
    if (guarded === true && isIP(host) > 0 && isRefused(host))
      throw new DeliveryError("permanent", refusal(host));
    this.#proxy = proxyFor(this.#url, proxy);
    const kept = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 };
    if (this.#url.protocol !== "https:") return new http.Agent(kept);
    const secureContext = await trust.context();
    const secured = { ...kept, secureContext, rejectUnauthorized: !trust.insecure };
    return this.#proxy === undefined ? new https.Agent(secured) : new TunnelAgent(this.#proxy, secured);
  }

  /** What an answer means (faultOf), with nothing secret in its reason. */
  faultOf(answer: HttpAnswer): DeliveryError | undefined {
    return faultOf(answer, this.#url, this.#options.secrets);
  }

  /**
   * Posts a body. The answer may be any status; redirects are not followed.
   * @throws DeliveryError (passing) without an answer, (timeout) when aborted
   */
  async post(body: Buffer, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<HttpAnswer> {
    await this.open();
    try {
      return await this.#once(body, headers, signal);
    } catch (error) {
      const stale = (error as { reused?: boolean }).reused === true && !signal.aborted;
      if (stale) return this.#once(body, headers, signal);
      throw error;
    }
  }

  #once(body: Buffer, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request = this.#request({ Accept: "*/*", "Content-Length": body.length, ...headers });
      const abort = () => request.destroy();
      const fail = (error: unknown) => {
        signal.removeEventListener("abort", abort);
        if (signal.aborted) reject(new DeliveryError("timeout", "no answer in time"));
        else
          reject(
            Object.assign(new DeliveryError("passing", systemError(error)), { reused: request.reusedSocket }),
          );
      };
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
      request.on("socket", (socket) => socket.setKeepAlive(this.#options.keepAliveProbes === true, 60_000));
      request.on("error", fail);
      request.on("response", (response) => {
        readAnswer(response).then((answer) => {
          signal.removeEventListener("abort", abort);
          resolve(answer);
        }, fail);
      });
      request.end(body);
    });
  }

  #request(headers: http.OutgoingHttpHeaders): http.ClientRequest {
    const url = this.#url;
    const { method = "POST", guarded } = this.#options;
    const { protocol, username, password } = url;
    const auth =
      username === "" ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` };
    const lookup = guarded === true && this.#proxy === undefined ? { lookup: guardedLookup } : {};
    const common = { method, agent: this.#agent!, ...auth, ...lookup };
    if (protocol === "https:") return https.request(url, { ...common, headers });
    if (this.#proxy === undefined) return http.request(url, { ...common, headers });
    const path = `${protocol}//${url.host}${url.pathname}${url.search}`;
    const asked = { Host: url.host, ...headers, ...proxyHeaders(this.#proxy) };
    return http.request(this.#proxy, { ...common, path, headers: asked });
  }

  /** Reads certificates anew with the next connection. */
  reopen(): void {
    this.#options.trust.expire();
    this.close();
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

async function readAnswer(response: http.IncomingMessage): Promise<HttpAnswer> {
  let body = "";
  let length = 0;
  response.setEncoding("utf8");
  for await (const chunk of response as AsyncIterable<string>) {
    length += chunk.length;
    if (body.length < keptBytes) body += chunk.slice(0, keptBytes - body.length);
    if (length > readBytes) {
      response.destroy();
      break;
    }
  }
  return { status: response.statusCode ?? 0, body, retryAfter: retryAfter(response.headers["retry-after"]) };
}

/** Milliseconds that a Retry-After header asks for: seconds or a date (RFC 9110 10.2.3). */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/**
 * What an answer means: undefined for delivered (2xx). 408, 425, 429 and 5xx may pass; any other status will be the same
 * again. The reason holds what the body says, without what is secret in `url` and without `secrets`.
 */
export function faultOf(
  { status, body, retryAfter: wait }: HttpAnswer,
  url: URL,
  secrets: readonly string[] = [],
): DeliveryError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const passing = status >= 500 || [408, 425, 429].includes(status);
  const said = cleaned(withoutSecrets(reasonIn(body), url, secrets)).slice(0, reasonLength);
  const note = status >= 300 && status < 400 ? "redirects are not followed" : said;
  const reason = note === "" ? `HTTP ${status}` : `HTTP ${status}: ${note}`;
  return new DeliveryError(
    passing ? "passing" : "permanent",
    reason,
    wait === undefined ? {} : { retryAfter: wait },
  );
}

/** What a body of JSON gives as its reason, where the usual members have one; else all of it. */
function reasonIn(body: string): string {
  try {
    return findReason(JSON.parse(body) as unknown) ?? body;
  } catch {
    return body;
  }
}

function findReason(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { reason, message, detail, error } = value as Record<string, unknown>;
  return [reason, message, detail].find((text) => typeof text === "string") ?? findReason(error);
}

/** Without control characters, what turns the direction of text, and rows of space. */
function cleaned(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
}

/** `text` with `secrets`, and user, password, longer parts of the path and the values of the query of `url` put out. */
export function withoutSecrets(text: string, url: URL, secrets: readonly string[] = []): string {
  const { username, password, pathname, searchParams } = url;
  const parts = [
    ...secrets,
    password,
    username,
    ...pathname.split("/").filter((part) => part.length >= 6),
    ...searchParams.values(),
  ];
  let result = text;
  for (const part of parts.flatMap((secret) => [secret, decoded(secret)]))
    if (part.length >= 4) result = result.replaceAll(part, "***");
  return result;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
