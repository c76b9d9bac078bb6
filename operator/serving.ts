/** The operator's servers: metrics, and health. */
import { readListen } from "../agent/cli/settings/listen.ts";
import { packageVersion } from "../agent/cli/version.ts";
import { serve, type Health, type Server } from "../agent/serve/server.ts";
import type { KubeOperator } from "./kube/kube-operator.ts";
import type { Metrics } from "./kube/metrics.ts";

/** A server cannot listen where it was told to; the message says where and why. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

export interface ServingParts {
  readonly operator: KubeOperator;
  readonly metrics: Metrics;
}

/** Starts what the settings ask for. @throws ListenError */
export async function startServing(
  settings: { readonly metrics_listen: string; readonly health_listen: string },
  { operator, metrics }: ServingParts,
): Promise<{ close(): Promise<void> }> {
  const ready = (): Health => {
    if (!operator.synced) return { ok: false, reason: `not listed yet: ${missing(operator).join(", ")}` };
    return operator.lacks === undefined ? { ok: true } : { ok: false, reason: operator.lacks };
  };
  const servers: Server[] = [];
  const open = async (key: "metrics_listen" | "health_listen") => {
    const listen = readListen(settings[key]);
    if (listen === undefined) return;
    const options = {
      address: listen.address,
      port: listen.port,
      healthzPath: "/healthz",
      certificate: undefined,
      health: () => ({ ok: true }),
      ready,
      versions: () => ({ tiercel_version: packageVersion() }),
      metrics: key === "metrics_listen" ? metrics : undefined,
    };
    try {
      servers.push(await serve(options));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === "EADDRINUSE" ? "something else does (EADDRINUSE)" : message;
      throw new ListenError(`cannot listen on ${settings[key]}: ${why}; choose another operator.${key}`);
    }
  };
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    await open("metrics_listen");
    await open("health_listen");
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

const missing = (operator: KubeOperator) =>
  operator.informerStatus.filter(({ synced }) => !synced).map(({ name }) => name);
