/** A certificate authority of one test cluster: certificates of servers on loopback, and of users. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

// prettier-ignore
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

const value = (text: string) => text.replace(/[\\/+=,]/g, "\\$&");

/** The subject by which an API server knows a user: CN is the name, each O a group. */
const subject = (name: string, groups: readonly string[]) =>
  [...groups.map((group) => `/O=${value(group)}`), `/CN=${value(name)}`].join("");

/** A key, and a request for a certificate of this user. */
export function userRequest(
  folder: string,
  name: string,
  groups: readonly string[],
): { key: string; request: string } {
  const [key, request] = [join(folder, "request.key"), join(folder, "request.csr")];
  // prettier-ignore
  execFileSync("openssl", ["req", ...newKey, "-keyout", key, "-out", request, "-subj", subject(name, groups)], { stdio: "pipe" });
  return { key: readFileSync(key, "utf8"), request: readFileSync(request, "utf8") };
}

export class CertificateAuthority {
  /** Folder with ca.crt, ca.key, and the key that signs service-account tokens, sa.key. */
  readonly folder: string;
  #made = 0;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    // prettier-ignore
    this.#openssl("req", ...newKey, "-x509", "-days", "2", "-subj", "/CN=tiercel-test-ca", "-keyout", "ca.key", "-out", "ca.crt",
      "-addext", "keyUsage=critical,keyCertSign,digitalSignature");
    this.#openssl("genrsa", "-out", "sa.key", "2048");
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.folder, stdio: "pipe" });
  }

  /** PEM of the authority's own certificate. */
  get certificate(): string {
    return readFileSync(join(this.folder, "ca.crt"), "utf8");
  }

  #sign(name: string, subjectText: string, extension: string): KeyPair {
    writeFileSync(join(this.folder, "extension"), extension);
    this.#openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subjectText);
    // prettier-ignore
    this.#openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
      "-days", "2", "-extfile", "extension", "-out", `${name}.crt`);
    const read = (file: string) => readFileSync(join(this.folder, file), "utf8");
    return { certificate: read(`${name}.crt`), key: read(`${name}.key`) };
  }

  /** Of a server on loopback; also left as NAME.crt and NAME.key in the folder. */
  server(name: string, names: readonly string[] = []): KeyPair {
    const all = ["IP:127.0.0.1", "DNS:localhost", ...names.map((one) => `DNS:${one}`)];
    return this.#sign(name, `/CN=${name}`, `subjectAltName=${all.join(",")}\nextendedKeyUsage=serverAuth`);
  }

  /** Of a user. */
  user(name: string, groups: readonly string[]): KeyPair {
    this.#made += 1;
    return this.#sign(`user-${this.#made}`, subject(name, groups), "extendedKeyUsage=clientAuth");
  }
}
