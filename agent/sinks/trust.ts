/** Which certificates a sink trusts and which one it shows: read once, shared by all sinks that want the same. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
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
  /** File with certificates that are trusted beside the others; "" for none. */
  readonly extraCa: string;
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
}

/** The system's certificates, and none of ours. */
export const defaultTls: TlsOptions = {
  insecure: false,
  caCert: "",
  caBundle: "",
  caPath: "/etc/ssl/certs",
  extraCa: "",
  client: undefined,
};

/** Certificates of one set of options, read when they are first needed. */
export class Trust {
  readonly #options: TlsOptions;
  #context: Promise<SecureContext> | undefined;

  constructor(options: TlsOptions) {
    this.#options = options;
  }

  get insecure(): boolean {
    return this.#options.insecure;
  }

  /** @throws DeliveryError (passing) naming the file and errno */
  context(): Promise<SecureContext> {
    if (this.#context === undefined) {
      const reading = read(this.#options);
      this.#context = reading;
      reading.catch(() => {
        if (this.#context === reading) this.#context = undefined;
      });
    }
    return this.#context;
  }

  /** Reads the files anew the next time. */
  expire(): void {
    this.#context = undefined;
  }
}

async function read(options: TlsOptions): Promise<SecureContext> {
  const { insecure, client, extraCa } = options;
  const file = options.caCert === "" ? options.caBundle : options.caCert;
  const ca = insecure ? undefined : await authorities(options, file);
  const own = client === undefined ? {} : { cert: await pem(client.certificate), key: await pem(client.key) };
  try {
    return createSecureContext({ ...(ca === undefined ? {} : { ca: [...ca] }), ...own });
  } catch (error) {
    const files = [file, extraCa, client?.certificate, client?.key].filter(
      (name) => name !== undefined && name !== "",
    );
    throw new DeliveryError(
      "passing",
      `certificates or key cannot be used (${files.join(", ")}): ${systemError(error)}`,
    );
  }
}

/** Undefined: Node's own list. */
async function authorities(
  { caPath, extraCa }: TlsOptions,
  file: string,
): Promise<readonly string[] | undefined> {
  const usual = file === "" ? await certificatesIn(caPath) : [await pem(file)];
  if (extraCa === "") return usual;
  return [...(usual ?? rootCertificates), await pem(extraCa)];
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
