/** Reads JSON that somebody else wrote: whatever is absent or of another type reads as empty. */
import type { ByteString } from "../byte-string.ts";
import { RuntimeError } from "./runtime.ts";

/** @throws RuntimeError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RuntimeError("answer", "it answers what is no JSON");
  }
}

/** What stands at a path of keys; undefined where something on the way is no object. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text of JSON as bytes, one character each. */
export function toByteString(text: string): ByteString {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

export function text(value: unknown): ByteString {
  return typeof value === "string" ? toByteString(value) : "";
}

export function texts(value: unknown): readonly ByteString[] {
  return list(value)
    .filter((item) => typeof item === "string")
    .map(toByteString);
}

/** A whole number that is not negative, else 0. */
export function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** Names to texts, in the order of the document. */
export function pairs(value: unknown): readonly (readonly [name: ByteString, value: ByteString])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([, item]) => typeof item === "string")
    .map(([name, item]) => [toByteString(name), text(item)]);
}

/** ns since the epoch of RFC 3339 text; 0n where it is none, or before the epoch (Go's zero time). */
export function time(value: unknown): bigint {
  const match =
    typeof value === "string" ? /^(.{19})(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(value) : null;
  const seconds = match === null ? NaN : Date.parse(`${match[1]}${match[3]}`) / 1000;
  if (!(seconds > 0)) return 0n;
  return BigInt(seconds) * 1_000_000_000n + BigInt((match?.[2] ?? "").padEnd(9, "0"));
}
