/** Reads certificates. */
import { X509Certificate, createPrivateKey } from "node:crypto";

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const day = 86_400_000;
/** Milliseconds that a certificate authority lasts, and a leaf. */
export const authorityLife = 3650 * day;
export const leafLife = 90 * day;

/** Whether a name of a certificate is an IP address. */
export const isAddress = (name: string) => /^[\d.]+$|:/.test(name);

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
