/** Makes and reads certificates. Node makes keys but no certificates, so @peculiar/x509 does. */
import "reflect-metadata";
import { webcrypto, X509Certificate, createPrivateKey, randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const day = 86_400_000;
/** Milliseconds that a certificate authority lasts, and a leaf. */
export const authorityLife = 3650 * day;
export const leafLife = 90 * day;
/** Clocks of API servers may be behind ours by so much. */
const clockSkew = 3_600_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

x509.cryptoProvider.set(webcrypto);

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const serialNumber = () => `00${randomBytes(16).toString("hex")}`;

async function keyText(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", key);
  return createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "pkcs8" })
    .export({ format: "pem", type: "pkcs8" })
    .toString();
}

const validity = (now: number, life: number) => ({
  notBefore: new Date(now - clockSkew),
  notAfter: new Date(now + life),
});

/** A new authority; what it signs is trusted by whoever trusts its certificate. */
export async function makeAuthority(name: string, now: number): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Two of one name would be taken for each other.
    name: [{ CN: [`${name} ${randomBytes(4).toString("hex")}`] }],
    ...validity(now, authorityLife),
    signingAlgorithm: algorithm,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyText(keys.privateKey) };
}

/** A server's certificate for some names, the first of which it is called by; IP addresses are taken for such. */
export async function makeLeaf(authority: KeyPair, names: readonly string[], now: number): Promise<KeyPair> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const der = createPrivateKey(authority.key).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    // A common name has 64 characters at most, and nobody reads it: the names below count.
    subject: [{ CN: [names[0]!.slice(0, 64)] }],
    issuer: issuer.subjectName,
    ...validity(now, leafLife),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isAddress(value) ? ("ip" as const) : ("dns" as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyText(keys.privateKey) };
}

const isAddress = (name: string) => /^[\d.]+$|:/.test(name);

/** When a certificate is valid, in milliseconds. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Reads the first certificate of a pair; undefined where either is broken or they do not belong together. */
export function readPair({ certificate, key }: KeyPair): Validity | undefined {
  try {
    const read = new X509Certificate(certificate);
    if (!read.checkPrivateKey(createPrivateKey(key))) return undefined;
    return { notBefore: Date.parse(read.validFrom), notAfter: Date.parse(read.validTo) };
  } catch {
    return undefined;
  }
}

/** Whether a certificate is for these names and addresses, and no others. */
export function isFor(certificate: string, names: readonly string[]): boolean {
  const read = new X509Certificate(certificate);
  const covers = (name: string) =>
    (isAddress(name) ? read.checkIP(name) : read.checkHost(name, { subject: "never" })) !== undefined;
  return read.subjectAltName?.split(", ").length === names.length && names.every(covers);
}

/** Whether an authority signed a certificate. */
export function isSignedBy(certificate: string, authority: string): boolean {
  const issuer = new X509Certificate(authority);
  const read = new X509Certificate(certificate);
  return read.checkIssued(issuer) && read.verify(issuer.publicKey);
}
