/** Certificates for a server on loopback, made by openssl: a CA, a server's, a client's. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { unmet } from "../../support/requirements.ts";

export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** Makes them anew. Skips the test where there is no openssl. */
export function makeCertificates(context: Context): Certificates {
  if (spawnSync("openssl", ["version"]).status !== 0) unmet(context, "tool", "openssl is not installed");
  const folder = mkdtempSync(join(tmpdir(), "tiercel-certificates-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      "ca.key",
      "-out",
      "ca.crt",
      "-subj",
      "/CN=test-ca",
      "-days",
      "2",
    );
    const pair = (name: string, extension: string) => {
      writeFileSync(join(folder, "extension"), extension);
      openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      // prettier-ignore
      openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", `${name}.crt`, "-days", "2", "-extfile", "extension");
      return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
    };
    return {
      server: pair("server", "subjectAltName=IP:127.0.0.1,DNS:kubernetes.default.svc"),
      client: pair("client", "extendedKeyUsage=clientAuth"),
      ca: read("ca.crt"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
