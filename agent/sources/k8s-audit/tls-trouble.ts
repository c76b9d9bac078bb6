/** What went wrong in a TLS handshake, in words: OpenSSL names numbers and its own source files. Pure. */

/** Parts of Node's error codes (ERR_SSL_…), and what they mean here. */
const meanings: readonly (readonly [code: RegExp, meaning: string])[] = [
  [
    /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED)$/,
    "the client does not take our certificate; look at certificate-authority, tls-server-name and the address in its webhook file",
  ],
  [
    /PEER_DID_NOT_RETURN_A_CERTIFICATE$/,
    "the client shows no certificate, which sources.k8s_audit.tls.client_ca asks for",
  ],
  [/HTTP_REQUEST$/, "the client speaks plain HTTP, this is HTTPS"],
];

/**
 * Why a handshake failed.
 * @param error as Node's TLS server gives it
 * @param unauthorized why the client's certificate was not taken (TLSSocket.authorizationError); nothing where it was
 */
export function tlsTrouble(
  { code = "", message, reason }: NodeJS.ErrnoException & { readonly reason?: string },
  unauthorized: Error | string | null | undefined,
): string {
  const meaning = meanings.find(([pattern]) => pattern.test(code))?.[1];
  if (meaning !== undefined) return meaning;
  // Node ends such a connection itself, and tells of its end only.
  if (unauthorized)
    return `the client's certificate is not of sources.k8s_audit.tls.client_ca (${String(unauthorized)})`;
  return reason ?? message;
}
