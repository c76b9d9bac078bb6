/** The way back from a character of a scalar's value to the character of the file that made it. */
/** `verbatim` is a value that never stood in YAML: its characters are the source's. */
export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded" | "verbatim";

const isBlank = (unit: string | undefined) =>
  unit === " " ||
  unit === "\t" ||
  unit === "\n" ||
  unit === "\r" ||
  unit === "\u0085" ||
  unit === "\u2028" ||
  unit === "\u2029";

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

const named: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};

/** One step of the source: the text it stands for and how many units it takes. */
function step(
  source: string,
  at: number,
  style: ScalarStyle,
): { readonly text: string; readonly length: number } {
  const unit = source[at] ?? "";
  if (style === "single" && unit === "'" && source[at + 1] === "'") return { text: "'", length: 2 };
  if (style !== "double" || unit !== "\\") return { text: unit, length: 1 };
  const next = source[at + 1] ?? "";
  if (next === "\n" || next === "\r") return { text: "\n", length: 2 };
  const digits = hexDigits[next];
  if (digits === undefined) return { text: named[next] ?? next, length: 2 };
  const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
  return { text: code <= 0x10ffff ? String.fromCodePoint(code) : "", length: 2 + digits };
}

/**
 * For each UTF-16 unit of `value`, and for its end, the offset in `source` (the scalar as written, quotes and
 * block header included) it came from.
 *
 * Folding and indentation are followed by walking both texts at once: what differs is white space only, so a blank
 * of the source that the value lacks is skipped, and a blank of the value that the source lacks stands for a line end.
 */
export function scalarOffsets(source: string, value: string, style: ScalarStyle): Uint32Array {
  const offsets = new Uint32Array(value.length + 1);
  let at = 0;
  if (style === "single" || style === "double") at = 1;
  if (style === "literal" || style === "folded") at = Math.max(0, source.indexOf("\n") + 1);
  let index = 0;
  while (index < value.length && at < source.length) {
    const { text, length } = step(source, at, style);
    if (text !== "" && value.startsWith(text, index)) {
      for (let unit = 0; unit < text.length; unit++) offsets[index + unit] = at;
      index += text.length;
      at += length;
    } else if (isBlank(text)) {
      at += length;
    } else if (isBlank(value[index])) {
      offsets[index] = at;
      index++;
    } else break;
  }
  offsets.fill(Math.min(at, source.length), index);
  return offsets;
}
