/** Base64 decoding of the b64 transformer. */
import type { ByteString } from "../catalogue.ts";

/** The decoded bytes; undefined where the text is no base64. Padding may be there or not. */
export function decodeBase64(text: ByteString): ByteString | undefined {
  const digits = text.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return undefined;
  return Buffer.from(digits, "base64").toString("latin1");
}
