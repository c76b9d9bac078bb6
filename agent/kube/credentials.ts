/** Token and certificates as they are now: the kubelet changes a pod's token every hour, and a CA may change too. */
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import type { KubeAccess, Source } from "./access.ts";
import { ApiFault } from "./fault.ts";

/** How long what was read counts as fresh, in milliseconds: a token's last quarter is many minutes. */
const fresh = 10_000;

export interface Credentials {
  /** Undefined where a client certificate does without. */
  readonly token: string | undefined;
  /** A new one only when a file changed. */
  readonly secureContext: SecureContext;
}

/** Who we are to the server, as it is now. */
export interface CredentialSource {
  /** @throws ApiFault where they cannot be had, saying why */
  current(): Promise<Credentials>;
  /** The server did not know us: they are found anew with the next question. */
  expire(): void;
}

/** PEM, and a bearer token. */
export interface Material {
  readonly ca: string | undefined;
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** Credentials that are read anew every ten seconds while they are asked for. */
export class CredentialCache implements CredentialSource {
  readonly #find: () => Promise<Material>;
  readonly #names: { readonly token: string; readonly certificates: string };
  readonly #now: () => number;
  #readAt = -Infinity;
  #material: Material | undefined;
  #secureContext: SecureContext | undefined;
  #reading: Promise<Credentials> | undefined;

  /** `names` are where token and certificates come from, for messages. */
  constructor(
    find: () => Promise<Material>,
    names: { readonly token: string; readonly certificates: string },
    now: () => number,
  ) {
    this.#find = find;
    this.#names = names;
    this.#now = now;
  }

  expire(): void {
    this.#readAt = -Infinity;
  }

  current(): Promise<Credentials> {
    if (this.#now() - this.#readAt < fresh && this.#secureContext !== undefined)
      return Promise.resolve({ token: this.#material?.token, secureContext: this.#secureContext });
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<Credentials> {
    const material = await this.#find();
    if (material.token !== undefined && !/^[\x21-\x7e]+$/.test(material.token))
      throw new ApiFault("network", `${this.#names.token} holds no token`);
    const before = this.#material;
    const same =
      before?.ca === material.ca &&
      before?.certificate === material.certificate &&
      before?.key === material.key;
    if (this.#secureContext === undefined || !same) this.#secureContext = this.#context(material);
    this.#material = material;
    this.#readAt = this.#now();
    return { token: material.token, secureContext: this.#secureContext };
  }

  #context({ ca, certificate, key }: Material): SecureContext {
    try {
      return createSecureContext({
        ...(ca !== undefined && { ca }),
        ...(certificate !== undefined && key !== undefined && { cert: certificate, key }),
      });
    } catch (error) {
      throw new ApiFault(
        "network",
        `certificates or key cannot be used (${this.#names.certificates}): ${(error as Error).message}`,
      );
    }
  }
}

/** Credentials as the files and texts of an access say. */
export function credentialFiles(access: KubeAccess, now: () => number): CredentialCache {
  const { ca, token, client, origin } = access;
  const find = async () => ({
    ca: await textOf(ca),
    token: (await textOf(token))?.trim(),
    certificate: await textOf(client?.certificate),
    key: await textOf(client?.key),
  });
  const files = [ca, client?.certificate, client?.key].flatMap((source) =>
    source !== undefined && "file" in source ? [source.file] : [],
  );
  const certificates = files.length === 0 ? origin : files.join(", ");
  return new CredentialCache(find, { token: nameOf(token), certificates }, now);
}

const nameOf = (source: Source | undefined) =>
  source !== undefined && "file" in source ? source.file : "the kubeconfig's token";

async function textOf(source: Source | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  if ("text" in source) return source.text;
  try {
    return await readFile(source.file, "utf8");
  } catch (error) {
    throw new ApiFault(
      "network",
      `${source.file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "?"}`,
    );
  }
}
