/** Texts of a condition as bytes and back, and their escapes (condition-language 1.2). */
import type { ByteString } from "../catalogue.ts";

/** The UTF-8 bytes of a text; an unpaired surrogate becomes U+FFFD. */
export function toBytes(text: string): ByteString {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** The text of UTF-8 bytes; what is no UTF-8 becomes U+FFFD. */
export function fromBytes(bytes: ByteString): string {
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
}

/** Escapes of one letter, within quotes. The blank is Falco's: it stands for the backslash itself. */
const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "/": "/",
  " ": "\\",
};

/** Outcome of reading what stands between quotes: the bytes, or the bad escape and its place in `raw`. */
export type Unescaped = { readonly bytes: ByteString } | { readonly bad: string; readonly at: number };

/** Resolves the escapes of a quoted string's inside. */
export function unescape(raw: string, quote: string): Unescaped {
  let bytes = "";
  let copied = 0;
  for (let at = raw.indexOf("\\"); at >= 0; at = raw.indexOf("\\", copied)) {
    bytes += toBytes(raw.slice(copied, at));
    const letter = raw.charAt(at + 1);
    const hex = letter === "x" ? /^[0-9a-fA-F]{2}/.exec(raw.slice(at + 2, at + 4)) : null;
    const plain = letter === quote ? quote : escapes[letter];
    if (hex !== null) {
      bytes += String.fromCharCode(parseInt(hex[0], 16));
      copied = at + 4;
    } else if (plain !== undefined) {
      bytes += plain;
      copied = at + 2;
    } else {
      const width =
        letter === "" ? 1 : letter === "x" ? 4 : 1 + String.fromCodePoint(raw.codePointAt(at + 1)!).length;
      return { bad: raw.slice(at, at + width), at };
    }
  }
  return { bytes: bytes + toBytes(raw.slice(copied)) };
}

/**
 * A quoted string, in double quotes, that unescape() turns into the same bytes. It never ends in an escaped
 * backslash, which the language cannot read.
 */
export function quoted(bytes: ByteString): string {
  const isText = toBytes(fromBytes(bytes)) === bytes;
  let out = "";
  for (const char of isText ? fromBytes(bytes) : bytes) {
    const code = char.codePointAt(0)!;
    if (char === '"') out += '\\"';
    else if (char === "\\") out += "\\\\";
    else if (code < 0x20 || code === 0x7f || (!isText && code >= 0x80))
      out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += char;
  }
  return `"${out.endsWith("\\\\") ? `${out.slice(0, -2)}\\x5c` : out}"`;
}
