/** Where the API server is and who we are to it: from the pod's surroundings or from a kubeconfig. */

/** Text that is given, or that stands in a file which may change. */
export type Source = { readonly file: string } | { readonly text: string };

export interface KubeAccess {
  readonly server: URL;
  /** Name in the server's certificate, where it is another than the server's address. */
  readonly serverName: string | undefined;
  /** PEM; undefined: the system's. */
  readonly ca: Source | undefined;
  /** Any certificate will do; only where a kubeconfig says so. */
  readonly insecure: boolean;
  readonly token: Source | undefined;
  /** PEM. */
  readonly client: { readonly certificate: Source; readonly key: Source } | undefined;
  /** Where this was found, for messages. */
  readonly origin: string;
}

/** Why there is no access; the message says where and what to do. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

/** Where the kubelet puts a pod's token and CA. */
const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Access of a pod by its service account; undefined outside pods. @throws AccessError */
export function podAccess(environment: NodeJS.ProcessEnv, folder = mounted): KubeAccess | undefined {
  const host = environment["KUBERNETES_SERVICE_HOST"] ?? "";
  if (host === "") return undefined;
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "443";
  return {
    server: serverUrl(
      `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
      "KUBERNETES_SERVICE_HOST",
    ),
    serverName: undefined,
    ca: { file: `${folder}/ca.crt` },
    insecure: false,
    token: { file: `${folder}/token` },
    client: undefined,
    origin: "the pod's service account",
  };
}

/** @throws AccessError */
export function serverUrl(text: string, origin: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new AccessError(`${origin}: \`${text}\` is no URL of an API server`);
  if (url.protocol !== "https:")
    throw new AccessError(`${origin}: the API server's URL must begin with https://; it is ${text}`);
  return url;
}
