/**
 * fnmatch(3) with no flags, over bytes: `*` and `?` match `/` and leading dots too. Never a regular expression, so that
 * no pattern can take more than pattern × text steps.
 */
import type { ByteString } from "../catalogue.ts";

/** One place of a pattern: a byte, any byte, any text, or a set of bytes (256 flags). */
type Part = number | "any" | "star" | Uint8Array;

/** Character classes of the C locale. */
const classes: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[0-9A-Za-z]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /[ \t\n\v\f\r]/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  print: /[ -~]/,
  graph: /[!-~]/,
  cntrl: /[\x00-\x1f\x7f]/,
  xdigit: /[0-9A-Fa-f]/,
};

const folded = (code: number) => (code >= 65 && code <= 90 ? code + 32 : code);

/** True where a text has a character that makes a path component a pattern (pmatch). */
export function hasGlob(text: ByteString): boolean {
  return /[?*[]/.test(text);
}

/** A test whether the whole of a text matches the pattern; with `fold`, ASCII letters of either case. */
export function compileGlob(pattern: ByteString, fold = false): (text: ByteString) => boolean {
  const parts = parseGlob(pattern, fold);
  if (parts === undefined) return () => false;
  return (fold ? undefined : literalGlob(parts)) ?? ((text) => match(parts, text, fold));
}

/** Patterns of ordinary text and stars, by string functions: what stands between two stars is looked for in turn. */
function literalGlob(parts: readonly Part[]): ((text: ByteString) => boolean) | undefined {
  const literals = [""];
  for (const part of parts) {
    if (part === "star") literals.push("");
    else if (typeof part === "number") literals.push(literals.pop()! + String.fromCharCode(part));
    else return undefined;
  }
  const first = literals.shift()!;
  const last = literals.pop();
  if (last === undefined) return (text) => text === first;
  const [only] = literals;
  if (literals.length === 1 && first === "" && last === "") return (text) => text.includes(only!);
  if (literals.length === 0 && last === "") return (text) => text.startsWith(first);
  if (literals.length === 0 && first === "") return (text) => text.endsWith(last);
  return (text) => {
    const end = text.length - last.length;
    let at = first.length;
    if (at > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    for (const literal of literals) {
      at = text.indexOf(literal, at);
      if (at < 0) return false;
      at += literal.length;
    }
    return at <= end;
  };
}

/** Star by star: the first place where what stands between two stars fits is always good enough. */
function match(parts: readonly Part[], text: ByteString, fold: boolean): boolean {
  let at = 0;
  let part = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const here = parts[part];
    if (here === "star") {
      star = part++;
      starAt = at;
    } else if (here !== undefined && fits(here, text.charCodeAt(at), fold)) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (parts[part] === "star") part++;
  return part === parts.length;
}

function fits(part: number | "any" | Uint8Array, code: number, fold: boolean): boolean {
  if (typeof part === "number") return part === (fold ? folded(code) : code);
  return part === "any" || part[code] === 1;
}

/** The parts of a pattern; undefined where it ends in a lone backslash, which matches nothing. */
function parseGlob(pattern: ByteString, fold: boolean): Part[] | undefined {
  const parts: Part[] = [];
  const literal = (code: number) => parts.push(fold ? folded(code) : code);
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === "*") {
      if (parts.at(-1) !== "star") parts.push("star");
    } else if (char === "?") parts.push("any");
    else if (char === "\\") {
      if (++at === pattern.length) return undefined;
      literal(pattern.charCodeAt(at));
    } else if (char === "[") {
      const set = parseSet(pattern, at, fold);
      if (set === undefined) literal(pattern.charCodeAt(at));
      else {
        parts.push(set.bytes);
        at = set.end;
      }
    } else literal(pattern.charCodeAt(at));
  }
  return parts;
}

/** `[a-z]` at `start`: its bytes and the place of its `]`; undefined where it never closes, then `[` is itself. */
function parseSet(
  pattern: ByteString,
  start: number,
  fold: boolean,
): { bytes: Uint8Array; end: number } | undefined {
  const bytes = new Uint8Array(256);
  let at = start + 1;
  const negated = pattern.charAt(at) === "!" || pattern.charAt(at) === "^";
  if (negated) at++;
  const add = (from: number, to: number) => {
    for (let code = from; code <= to; code++) bytes[code] = 1;
  };
  for (let first = true; at < pattern.length; first = false) {
    if (pattern.charAt(at) === "]" && !first) {
      for (let code = 65; fold && code <= 90; code++) {
        const either = bytes[code]! | bytes[code + 32]!;
        bytes[code] = bytes[code + 32] = either;
      }
      return { bytes: negated ? bytes.map((flag) => 1 - flag) : bytes, end: at };
    }
    const name = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12))?.[1];
    const inClass = name === undefined ? undefined : classes[name];
    if (name !== undefined && inClass !== undefined) {
      for (let code = 0; code < 256; code++) if (inClass.test(String.fromCharCode(code))) bytes[code] = 1;
      at += name.length + 4;
      continue;
    }
    const low = member(pattern, at);
    at = low.next;
    if (pattern.charAt(at) === "-" && at + 1 < pattern.length && pattern.charAt(at + 1) !== "]") {
      const high = member(pattern, at + 1);
      add(low.code, high.code);
      at = high.next;
    } else add(low.code, low.code);
  }
  return undefined;
}

/** One byte of a set: itself, escaped, or as `[.x.]` or `[=x=]`. */
function member(pattern: ByteString, at: number): { code: number; next: number } {
  const named = /^\[([.=])([^])\1\]/.exec(pattern.slice(at, at + 5));
  if (named !== null) return { code: named[2]!.charCodeAt(0), next: at + 5 };
  const escaped = pattern.charAt(at) === "\\" && at + 1 < pattern.length ? 1 : 0;
  return { code: pattern.charCodeAt(at + escaped), next: at + escaped + 1 };
}
