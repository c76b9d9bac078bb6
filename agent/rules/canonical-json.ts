/** JSON in the one form of RFC 8785 (JCS), and the digest of a rule set over it. */
import { createHash } from "node:crypto";

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

/**
 * Keys sorted by UTF-16 units, no blanks; numbers and strings as ECMAScript writes them, which is what the RFC asks.
 * Keys whose value is undefined are left out.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value;
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort((left, right) => (left < right ? -1 : left > right ? 1 : 0))
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key]!)}`);
  return `{${members.join(",")}}`;
}

/** SHA-256, in hex, over the canonical JSON of a value. */
export function digest(value: Json): string {
  return createHash("sha256").update(canonicalJson(value), "utf8").digest("hex");
}
