/** Which proxy a URL is reached through: the habits of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
import http from "node:http";
import https from "node:https";
import { BlockList, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect, type SecureContext } from "node:tls";
import { DeliveryError, systemError } from "./sink.ts";

export interface ProxySettings {
  /** URL of the proxy for http URLs; "" for none. May hold user and password, which are in no message. */
  readonly http: string;
  /** The same for https URLs. */
  readonly https: string;
  /**
   * What is reached without one, by commas: `*`, names (those below them too), `.names` (only those below), addresses,
   * networks as ADDRESS/BITS; each with `:PORT` or for all ports.
   */
  readonly no: string;
}

/** No proxy for anything. */
export const noProxy: ProxySettings = { http: "", https: "", no: "" };

/** What the environment says, in capitals or not. */
export function proxyOf(environment: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? "";
  return { http: read("HTTP_PROXY"), https: read("HTTPS_PROXY"), no: read("NO_PROXY") };
}

/** The proxy for a URL; undefined where it is reached directly, as this machine always is. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === "https:" ? settings.https : settings.http;
  if (proxy === "") return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return undefined;
  const spared = settings.no.split(",").some((entry) => spares(entry.trim().toLowerCase(), host, port));
  if (spared) return undefined;
  try {
    return new URL(proxy.includes("://") ? proxy : `http://${proxy}`);
  } catch {
    throw new DeliveryError("passing", "the proxy of the settings is no URL");
  }
}

function spares(entry: string, host: string, port: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const { name, only } = withPort(entry);
  if (only !== undefined && only !== port) return false;
  const [network = "", bits] = name.split("/");
  const family = isIP(network);
  if (family > 0) {
    if (bits === undefined) return network === host;
    const list = new BlockList();
    const kind = family === 4 ? "ipv4" : "ipv6";
    if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
    list.addSubnet(network, Number(bits), kind);
    return isIP(host) === family && list.check(host, kind);
  }
  const bare = name.replace(/^\*?\./, "");
  return host.endsWith(`.${bare}`) || (bare === name && host === bare);
}

function withPort(entry: string): { readonly name: string; readonly only: string | undefined } {
  const [, bracketed, only] = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return { name: bracketed, only };
  const [, name, port] = /^([^:]+):(\d+)$/.exec(entry) ?? [];
  return name === undefined ? { name: entry, only: undefined } : { name, only: port };
}

/** The header that a proxy with user and password wants. */
export function proxyHeaders({ username, password }: URL): http.OutgoingHttpHeaders {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** The proxy's name without what is secret in it. */
export const proxyName = ({ protocol, host }: URL): string => `${protocol}//${host}`;

type Done = (error: Error | null, socket: Duplex) => void;

/** An agent whose connections go through a proxy (CONNECT), with TLS to the server inside. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: https.AgentOptions & { readonly secureContext: SecureContext }) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: https.RequestOptions, callback?: Done): undefined {
    // Node calls it with a callback always, and takes an error without a socket.
    const done = callback as (error: Error | null, socket?: Duplex) => void;
    const { hostname, host, port, ...rest } = options;
    const to = `${(hostname ?? host ?? "").includes(":") ? `[${hostname ?? host}]` : (hostname ?? host)}:${port}`;
    const proxy = this.#proxy;
    const fail = (reason: string) =>
      done(new DeliveryError("passing", `the proxy ${proxyName(proxy)}: ${reason}`));
    const asked = (proxy.protocol === "https:" ? https : http).request({
      method: "CONNECT",
      hostname: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : Number(proxy.port),
      path: to,
      headers: { Host: to, ...proxyHeaders(proxy) },
      agent: false,
      ...(options.signal !== undefined && { signal: options.signal }),
    });
    asked.on("error", (error) => fail(systemError(error)));
    asked.on("response", (response) => {
      response.destroy();
      fail(`HTTP ${response.statusCode}`);
    });
    asked.on("connect", (response, socket: Socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        fail(`HTTP ${response.statusCode}`);
        return;
      }
      const secured = connect({ ...(rest as object), socket }, () => done(null, secured));
      secured.once("error", (error: Error) => done(error));
    });
    asked.end();
  }
}
