/**
 * Where the API server is and who the operator is to it, as client-node's KubeConfig finds it: KUBECONFIG, ~/.kube/config, or
 * the pod's service account; tokens, client certificates and plugins (exec, OIDC).
 */
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { AccessError, serverUrl, type KubeAccess } from "../../agent/kube/access.ts";
import { CredentialCache, type CredentialSource, type Material } from "../../agent/kube/credentials.ts";
import { ApiFault } from "../../agent/kube/fault.ts";

/** What client-node takes where it finds nothing. */
const nothingFound = "http://localhost:8080";

const why = (error: unknown) => (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** Where a configuration comes from, for messages. */
function origin({ KUBECONFIG }: NodeJS.ProcessEnv): string {
  return KUBECONFIG === undefined || KUBECONFIG === "" ? "the kubeconfig" : KUBECONFIG;
}

/** @throws AccessError that says what is missing or not supported */
export function clusterAccess(config: KubeConfig, environment: NodeJS.ProcessEnv): KubeAccess {
  const from = origin(environment);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null) throw new AccessError(`${from}: current-context names no cluster`);
  if (cluster.server === nothingFound)
    throw new AccessError(
      "there is neither a kubeconfig nor a pod's service account; set KUBECONFIG, or kubernetes.kubeconfig in the settings",
    );
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== "")
    throw new AccessError(`${from}: proxy-url is not supported; name a server that can be reached without`);
  if (user?.username !== undefined)
    throw new AccessError(`${from}: passwords are not supported; use a token or a client certificate`);
  if (user?.impersonateUser !== undefined && user.impersonateUser !== null)
    throw new AccessError(`${from}: impersonation is not supported`);
  return {
    server: serverUrl(cluster.server, from),
    serverName: cluster.tlsServerName ?? undefined,
    insecure: cluster.skipTLSVerify === true,
    origin: from,
    // Who we are is asked of the configuration each time (credentialsOf).
    ca: undefined,
    token: undefined,
    client: undefined,
  };
}

/** Certificates and token of a configuration as they are now; a plugin may be asked. @throws ApiFault */
async function materialOf(config: KubeConfig): Promise<Material> {
  const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new ApiFault("network", `credentials cannot be had: ${why(error)}`);
  }
  const [, token] = /^Bearer\s+(.*?)\s*$/s.exec(options.headers["Authorization"] ?? "") ?? [];
  const pem = (value: unknown) =>
    value === undefined || value === null ? undefined : (value as Buffer | string).toString();
  return { ca: pem(options.ca), token, certificate: pem(options.cert), key: pem(options.key) };
}

/**
 * Credentials of a configuration. Where the server does not know us, `reload` gives the configuration as it is now: client-node
 * keeps a token for a minute.
 */
export function credentialsOf(
  config: KubeConfig,
  reload: () => KubeConfig,
  now: () => number,
): CredentialSource & { material(): Promise<Material> } {
  let current = config;
  const find = () => materialOf(current);
  const names = {
    token: "the kubeconfig or service account",
    certificates: "the kubeconfig or service account",
  };
  const cache = new CredentialCache(find, names, now);
  return {
    current: () => cache.current(),
    expire() {
      try {
        current = reload();
      } catch {
        // A file that is being replaced: what we have may still do, and the next answer says.
      }
      cache.expire();
    },
    material: find,
  };
}

/** The configuration as it is now. @throws AccessError */
export function loadConfig(environment: NodeJS.ProcessEnv): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new AccessError(`${origin(environment)} cannot be used: ${why(error)}`);
  }
  return config;
}
