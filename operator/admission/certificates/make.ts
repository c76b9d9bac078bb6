/**
 * Makes certificates. Node makes keys but no certificates, so @peculiar/x509 does: some MiB of memory, and they are made once
 * in months, so this module is imported only then.
 */
import "reflect-metadata";
import { webcrypto, createPrivateKey, randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { authorityLife, isAddress, leafLife, type KeyPair } from "./x509.ts";

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
