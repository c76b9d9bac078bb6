/** Certificate, key, CA of clients and tokens: read from files, and read again when they change. */
import { open } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { readTokens } from "./tokens.ts";

/** Paths; undefined where the server does without. */
export interface CredentialFiles {
  /** PEM: the server's certificate and those between it and its CA. Undefined: plain HTTP. */
  readonly certificate: string | undefined;
  /** PEM; undefined: it stands in the certificate's file. */
  readonly key: string | undefined;
  /** PEM: clients must show a certificate of one of these CAs. */
  readonly clientCa: string | undefined;
  /** One token a line; clients must show one of them. */
  readonly tokens: string | undefined;
}

export interface Credentials {
  /** Undefined: plain HTTP. */
  readonly tls: SecureContextOptions | undefined;
  /** Digests (tokens.ts); undefined: none is asked for. */
  readonly tokens: readonly Buffer[] | undefined;
}

/** A file cannot be used; the message names it and says why. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Larger files are none of these. */
const MOST_BYTES = 1 << 20;

async function read(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error("it is no regular file");
      if (stat.size > MOST_BYTES) throw new Error(`it has ${stat.size} bytes, ${MOST_BYTES} is the most`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CredentialsError(`${path} cannot be read: ${code ?? message}`);
  }
}

const optional = async (path: string | undefined) => (path === undefined ? undefined : await read(path));

/** What the files hold, as one text that differs when any of them does, and what it means. */
export interface CredentialTexts {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly clientCa: string | undefined;
  readonly tokens: string | undefined;
}

/** Reads the files. @throws CredentialsError */
export async function readCredentialTexts(files: CredentialFiles): Promise<CredentialTexts> {
  const [certificate, key, clientCa, tokens] = await Promise.all([
    optional(files.certificate),
    optional(files.key),
    optional(files.clientCa),
    optional(files.tokens),
  ]);
  return { certificate, key, clientCa, tokens };
}

/** Checks that they can be used, so that half of a change never takes effect. @throws CredentialsError */
export function credentialsOf(texts: CredentialTexts, files: CredentialFiles): Credentials {
  const { certificate, key, clientCa } = texts;
  const tokens = texts.tokens === undefined ? undefined : readTokens(texts.tokens);
  if (typeof tokens === "string") throw new CredentialsError(`${files.tokens}: ${tokens}`);
  if (certificate === undefined) return { tls: undefined, tokens };
  const tls = { cert: certificate, key: key ?? certificate, ...(clientCa !== undefined && { ca: clientCa }) };
  const use = (options: SecureContextOptions, paths: readonly (string | undefined)[]) => {
    try {
      createSecureContext(options);
    } catch (error) {
      const named = paths.filter((path) => path !== undefined).join(" and ");
      throw new CredentialsError(`${named} cannot be used: ${(error as Error).message}`);
    }
  };
  use({ cert: tls.cert, key: tls.key }, [files.certificate, files.key]);
  if (clientCa !== undefined) {
    if (!clientCa.includes("-----BEGIN CERTIFICATE-----"))
      throw new CredentialsError(`${files.clientCa} cannot be used: it holds no certificate in PEM`);
    use({ ca: clientCa }, [files.clientCa]);
  }
  return { tls, tokens };
}

export interface WatchedCredentials {
  readonly first: Credentials;
  /** Ends the watching. */
  close(): void;
}

/**
 * Reads the files and looks at them again every `milliseconds`: looking works for mounts of Secrets, network file systems
 * and links alike. Files that cannot be used change nothing. @throws CredentialsError for the first reading.
 */
export async function watchCredentials(
  files: CredentialFiles,
  milliseconds: number,
  on: { changed: (credentials: Credentials) => void; problem: (message: string) => void },
): Promise<WatchedCredentials> {
  let known = await readCredentialTexts(files);
  const first = credentialsOf(known, files);
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const now = await readCredentialTexts(files);
      if (JSON.stringify(now) === JSON.stringify(known)) return;
      const credentials = credentialsOf(now, files);
      known = now;
      on.changed(credentials);
    } catch (error) {
      on.problem((error as Error).message);
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), milliseconds);
  timer.unref();
  return { first, close: () => clearInterval(timer) };
}
