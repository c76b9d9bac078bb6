/** Certificates for tests, made by openssl in a folder. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "mocha";
import { unmet } from "./requirements.ts";

/** Skips the running test where openssl is missing. */
export function needOpenssl(context: Context): void {
  if (spawnSync("openssl", ["version"]).status !== 0) unmet(context, "tool", "openssl is not installed");
}

// prettier-ignore
const keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Makes NAME.crt and NAME.key, signed by ISSUER.crt of the same folder; without an issuer it is a CA of its own. */
export function makeCertificate(folder: string, name: string, issuer?: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore", cwd: folder });
  const request = ["req", ...keyOptions, "-keyout", `${name}.key`, "-subj", `/CN=${name}`];
  if (issuer === undefined) {
    openssl(...request, "-x509", "-days", "2", "-out", `${name}.crt`);
    return;
  }
  openssl(...request, "-out", `${name}.csr`);
  writeFileSync(join(folder, "ext"), "subjectAltName=IP:127.0.0.1");
  const signed = ["x509", "-req", "-in", `${name}.csr`, "-CA", `${issuer}.crt`, "-CAkey", `${issuer}.key`];
  openssl(...signed, "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", `${name}.crt`);
}
