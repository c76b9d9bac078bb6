/** JSON text written by hand: sorted keys, 64-bit integers digit by digit, nothing a terminal would obey. */
import type { OutputValue } from "./alert.ts";

/**
 * What JSON.stringify leaves as it is and a terminal or a log reader does not: DEL, C1 controls (0x9b begins an escape
 * sequence), line separators, and the marks that turn the direction of text.
 */
const risky = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** `text` as a JSON string, quotes included. Other characters beyond ASCII stay. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(risky, escaped);
}

/** The same without the quotes: how alert text is printed (outputs.md 3). */
export function escapeText(text: string): string {
  return jsonString(text).slice(1, -1);
}

/** A value of output_fields. Numbers that JSON does not know (NaN, infinities) are null. */
export function jsonValue(value: OutputValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return jsonString(value);
  if (typeof value === "number")
    return Number.isInteger(value) ? BigInt(value).toString() : JSON.stringify(value);
  if (typeof value === "object") return `[${value.map(jsonValue).join(",")}]`;
  return value.toString();
}

/** An object with its keys sorted; `members` are JSON texts by key. */
export function jsonObject(members: ReadonlyMap<string, string>): string {
  const keys = [...members.keys()].sort();
  return `{${keys.map((key) => `${jsonString(key)}:${members.get(key)!}`).join(",")}}`;
}
