/** Reads kubeconfig files: the parts that a program without a terminal can use. */
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { AccessError, serverUrl, type KubeAccess, type Source } from "./access.ts";

/** One kubeconfig file. */
export interface KubeconfigFile {
  readonly path: string;
  readonly text: string;
}

type Mapping = Readonly<Record<string, unknown>>;
type Named = { readonly of: Mapping; readonly folder: string };

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The named entries of one list in one file; what is malformed is not there. */
function entries({ path }: KubeconfigFile, document: Mapping, list: string, key: string): [string, Named][] {
  const items = document[list];
  if (!Array.isArray(items)) return [];
  return items
    .filter(isMapping)
    .flatMap((item) =>
      isMapping(item[key]) ? [[textOf(item["name"]), { of: item[key], folder: dirname(resolve(path)) }]] : [],
    );
}

function documentOf({ path, text }: KubeconfigFile): Mapping {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    // The first line alone: the next ones show the place, which may hold a credential.
    throw new AccessError(`${path}: ${(error as Error).message.split("\n")[0]}`);
  }
  return isMapping(document) ? document : {};
}

/**
 * Access by the current context. Several files are one, as kubectl takes KUBECONFIG: the first that says something counts.
 * @throws AccessError
 */
export function kubeconfigAccess(files: readonly KubeconfigFile[]): KubeAccess {
  const documents = files.map((file) => [file, documentOf(file)] as const);
  const origin = files.map(({ path }) => path).join(", ");
  const find = (list: string, key: string, name: string): Named => {
    for (const [file, document] of documents)
      for (const [found, entry] of entries(file, document, list, key)) if (found === name) return entry;
    throw new AccessError(`${origin}: there is no ${key} \`${name}\` in ${list}`);
  };
  const current = documents
    .map(([, document]) => textOf(document["current-context"]))
    .find((name) => name !== "");
  if (current === undefined) throw new AccessError(`${origin}: current-context is not set`);
  const context = find("contexts", "context", current).of;
  const cluster = find("clusters", "cluster", textOf(context["cluster"]));
  const user = textOf(context["user"]) === "" ? undefined : find("users", "user", textOf(context["user"]));
  const certificate = source(user, "client-certificate", origin);
  const key = source(user, "client-key", origin);
  if (textOf(cluster.of["proxy-url"]) !== "")
    throw new AccessError(`${origin}: proxy-url is not supported; name a server that can be reached without`);
  const access: KubeAccess = {
    server: serverUrl(textOf(cluster.of["server"]), origin),
    serverName: textOf(cluster.of["tls-server-name"]) || undefined,
    ca: source(cluster, "certificate-authority", origin),
    insecure: cluster.of["insecure-skip-tls-verify"] === true,
    token: tokenOf(user),
    client: certificate !== undefined && key !== undefined ? { certificate, key } : undefined,
    origin,
  };
  if (access.token === undefined && access.client === undefined)
    throw new AccessError(
      `${origin}: the user of context \`${current}\` has neither token, tokenFile nor a client certificate with its key; ` +
        "plugins (exec, auth-provider) and passwords are not supported: make a kubeconfig with the token of a service account",
    );
  return access;
}

/** A file by its path, or the same as base64 in `…-data`, which wins. */
function source(entry: Named | undefined, key: string, origin: string): Source | undefined {
  if (entry === undefined) return undefined;
  const data = textOf(entry.of[`${key}-data`]);
  if (data !== "") {
    if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data))
      throw new AccessError(`${origin}: ${key}-data is no base64`);
    return { text: Buffer.from(data, "base64").toString("utf8") };
  }
  const file = textOf(entry.of[key]);
  return file === "" ? undefined : { file: resolve(entry.folder, file) };
}

/** `tokenFile` wins over `token`, as in Kubernetes' own clients. */
function tokenOf(user: Named | undefined): Source | undefined {
  const file = textOf(user?.of["tokenFile"]);
  if (user !== undefined && file !== "") return { file: resolve(user.folder, file) };
  const token = textOf(user?.of["token"]);
  return token === "" ? undefined : { text: token };
}
