/** The agent's web server as the settings want it. */
import { serve, type Server, type ServerOptions } from "../serve/server.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings/schema.ts";

/** Whether this process runs in a pod: the kubelet sets this variable in every container. */
export function inPod(environment: NodeJS.ProcessEnv): boolean {
  return (environment["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
}

/** Where it listens. */
export function webServerAddress({ listen_address }: Settings["webserver"], pod: boolean): string {
  if (listen_address !== "") return listen_address;
  return pod ? "0.0.0.0" : "127.0.0.1";
}

/** The web server cannot listen where it was told to; the message says where and why. */
export class WebServerError extends Error {
  override readonly name = "WebServerError";
}

export interface WebServerParts extends Pick<ServerOptions, "health" | "ready" | "versions"> {
  /** The metrics; served where the settings have them on. */
  readonly metrics: NonNullable<ServerOptions["metrics"]>;
  readonly pod: boolean;
  /** Dotted paths of settings somebody chose (SettingsResult). */
  readonly chosen: ReadonlySet<string>;
  readonly log: Log;
}

/**
 * Starts it; undefined where it is off, or where its default port is taken (which is a warning: another agent or program
 * has it, and watching matters more).
 * @throws WebServerError where a port or address that was set cannot be had, or the certificate cannot be read
 */
export async function startWebServer(settings: Settings, parts: WebServerParts): Promise<Server | undefined> {
  const { webserver, metrics } = settings;
  if (!webserver.enabled) return undefined;
  const address = webServerAddress(webserver, parts.pod);
  const port = webserver.listen_port;
  try {
    return await serve({
      address,
      port,
      healthzPath: webserver.k8s_healthz_endpoint,
      certificate: webserver.ssl_enabled ? webserver.ssl_certificate : undefined,
      health: parts.health,
      ready: parts.ready,
      versions: parts.versions,
      metrics: metrics.enabled && webserver.prometheus_metrics_enabled ? parts.metrics : undefined,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = `the web server cannot listen on ${address} port ${port}`;
    if (code !== "EADDRINUSE") throw new WebServerError(`${where}: ${message}`);
    const set = ["webserver.listen_port", "webserver.listen_address"].some((path) => parts.chosen.has(path));
    const advice = "choose another webserver.listen_port, or switch it off by webserver.enabled";
    if (set) throw new WebServerError(`${where}: something else does (EADDRINUSE); ${advice}`);
    parts.log(
      "warning",
      `${where}: something else does; the agent runs without health and metrics; ${advice}`,
    );
    return undefined;
  }
}
