import assert from "node:assert/strict";
import { tlsTrouble } from "../../../../agent/sources/k8s-audit/tls-trouble.ts";

const failed = (code: string, message = "") => Object.assign(new Error(message), { code });

describe("what went wrong in a TLS handshake", () => {
  for (const { name, error, unauthorized, want } of [
    {
      name: "is the client's doubt about our certificate, as a client written in Go sends it",
      error: failed("ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE"),
      want: /^the client does not take our certificate; .*tls-server-name/,
    },
    {
      name: "is that under an older OpenSSL",
      error: failed("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"),
      want: /^the client does not take our certificate/,
    },
    {
      name: "is a client's certificate of another authority",
      error: failed("ECONNRESET", "socket hang up"),
      unauthorized: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      want: /^the client's certificate is not of .*client_ca \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/,
    },
    {
      name: "is OpenSSL's reason alone, where we have no words for it",
      error: Object.assign(
        failed("ERR_SSL_NO_SHARED_CIPHER", "C036:error:0A0000C1:SSL routines:…:../s.c:2220"),
        {
          reason: "no shared cipher",
        },
      ),
      want: /^no shared cipher$/,
    },
    {
      name: "is the error's text, where it is not OpenSSL's",
      error: failed("ECONNRESET", "socket hang up"),
      want: /^socket hang up$/,
    },
  ])
    it(name, () => assert.match(tlsTrouble(error, unauthorized), want));
});
