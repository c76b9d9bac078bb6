/** Reading an audit Event: JSON pointers, lists met on the way, and values as the texts that fields hold. */
import type { Json } from "../events/json-value.ts";

/** Keys of a JSON pointer (RFC 6901); its leading slash may be left out. */
export function pointerKeys(pointer: string): readonly string[] {
  const path = pointer.startsWith("/") ? pointer.slice(1) : pointer;
  return path.split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** One step down; undefined where there is no such member or element. */
function step(value: Json, key: string): Json | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(key) ? (value as readonly Json[])[Number(key)] : undefined;
  return Object.hasOwn(value, key) ? (value as Readonly<Record<string, Json>>)[key] : undefined;
}

/** The value at the end of a path of keys; undefined where it breaks off. */
export function at(value: Json, keys: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const key of keys) {
    if (current === undefined) return undefined;
    current = step(current, key);
  }
  return current;
}

const ascii = /^[\0-\x7f]*$/;

/** UTF-8 bytes of a text, one a character: what fields hold. Nearly all texts of the API are ASCII, which stays as it is. */
function bytes(text: string): string {
  return ascii.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** A value as text: strings as they are, everything else as compact JSON. */
export function asText(value: Json): string {
  return bytes(typeof value === "string" ? value : JSON.stringify(value));
}

/** Text of the value at a path; undefined where there is none. */
export function textAt(value: Json, keys: readonly string[]): string | undefined {
  const found = at(value, keys);
  return found === undefined ? undefined : asText(found);
}

/** Elements of a list, or the one that `index` names; nothing where it is no list. */
export function elements(value: Json | undefined, index: number | undefined): readonly Json[] {
  if (!Array.isArray(value)) return [];
  const list = value as readonly Json[];
  if (index === undefined) return list;
  const one = list[index];
  return one === undefined ? [] : [one];
}

/** What a list field has: nothing is missing, not an empty list. */
export function some(texts: readonly string[]): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts;
}
