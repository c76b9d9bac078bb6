/** Posting to one URL over kept connections, and what an answer means. */
import { readFile, readdir } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { DeliveryError, systemError } from "./sink.ts";

/** How a server is trusted and how we show who we are; Falco's names (outputs.md 7.5). */
export interface TlsOptions {
  /** Any certificate will do. */
  readonly insecure: boolean;
  /** File; "" for the next. */
  readonly caCert: string;
  readonly caBundle: string;
  /** Folder; one that has no certificate means Node's own list. */
  readonly caPath: string;
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
}

/** The system's certificates, and none of ours. */
export const defaultTls: TlsOptions = {
  insecure: false,
  caCert: "",
  caBundle: "",
  caPath: "/etc/ssl/certs",
  client: undefined,
};

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
  readonly #tls: TlsOptions;
  readonly #probes: boolean;
  #agent: http.Agent | undefined;

  constructor(url: URL, options: { tls: TlsOptions; keepAliveProbes: boolean }) {
    this.#url = url;
    this.#tls = options.tls;
    this.#probes = options.keepAliveProbes;
  }

  /** Reads the certificates. @throws DeliveryError naming the file and errno */
  async open(): Promise<void> {
    this.#agent ??= await this.#connect();
  }

  async #connect(): Promise<http.Agent> {
    const kept = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 };
    if (this.#url.protocol !== "https:") return new http.Agent(kept);
    const secureContext = await trust(this.#tls);
    return new https.Agent({ ...kept, secureContext, rejectUnauthorized: !this.#tls.insecure });
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
      const { protocol, username, password } = this.#url;
      const auth =
        username === "" ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` };
      const request = (protocol === "https:" ? https : http).request(this.#url, {
        method: "POST",
        agent: this.#agent!,
        headers: { Accept: "*/*", "Content-Length": body.length, ...headers },
        ...auth,
      });
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
      request.on("socket", (socket) => socket.setKeepAlive(this.#probes, 60_000));
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

  /** Reads certificates anew with the next connection. */
  reopen(): void {
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
 * again. The reason holds the beginning of the body, without what is secret in `url`.
 */
export function faultOf({ status, body, retryAfter: wait }: HttpAnswer, url: URL): DeliveryError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const passing = status >= 500 || [408, 425, 429].includes(status);
  const said = withoutSecrets(body, url).replace(/\s+/g, " ").trim().slice(0, reasonLength);
  const note = status >= 300 && status < 400 ? "redirects are not followed" : said;
  const reason = note === "" ? `HTTP ${status}` : `HTTP ${status}: ${note}`;
  return new DeliveryError(
    passing ? "passing" : "permanent",
    reason,
    wait === undefined ? {} : { retryAfter: wait },
  );
}

/** `text` with user, password, longer parts of the path and the values of the query of `url` put out. */
export function withoutSecrets(text: string, url: URL): string {
  const { username, password, pathname, searchParams } = url;
  const parts = [
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

async function trust(options: TlsOptions): Promise<SecureContext> {
  const { insecure, caCert, caBundle, caPath, client } = options;
  const file = caCert === "" ? caBundle : caCert;
  const ca = insecure ? undefined : file === "" ? await certificatesIn(caPath) : await pem(file);
  const own = client === undefined ? {} : { cert: await pem(client.certificate), key: await pem(client.key) };
  try {
    return createSecureContext({ ...(ca === undefined ? {} : { ca }), ...own });
  } catch (error) {
    const files = [file, client?.certificate, client?.key].filter(
      (name) => name !== undefined && name !== "",
    );
    throw new DeliveryError(
      "passing",
      `certificates or key cannot be used (${files.join(", ")}): ${systemError(error)}`,
    );
  }
}

async function pem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new DeliveryError("passing", `${file} cannot be read: ${systemError(error)}`);
  }
}

/** All certificates of a folder, each once; undefined where there is none. */
async function certificatesIn(folder: string): Promise<string[] | undefined> {
  const names = await readdir(folder).catch(() => []);
  const found = new Set<string>();
  for (const name of names.filter((name) => /\.(pem|crt|cer)$/.test(name))) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    for (const [block] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g))
      found.add(block);
  }
  return found.size === 0 ? undefined : [...found];
}
