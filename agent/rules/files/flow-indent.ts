/**
 * Lines of a flow collection further left than their key: yaml-cpp reads them, the yaml package ends the collection there.
 * Blanks put in before such lines make both agree.
 */
import type { SourceText } from "./source-text.ts";

interface Insertion {
  readonly at: number;
  readonly count: number;
}

/** Skips a quoted scalar whose quote stands at `at`; gives the offset behind it, or the text's end. */
function skipQuoted(text: string, at: number): number {
  const quote = text[at];
  for (let next = at + 1; next < text.length; next++) {
    if (quote === '"' && text[next] === "\\") next++;
    else if (text[next] === quote) {
      if (quote === "'" && text[next + 1] === "'") next++;
      else return next + 1;
    }
  }
  return text.length;
}

const lineEnd = (text: string, at: number) => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
};

const indentAt = (text: string, at: number) => {
  let end = at;
  while (text[end] === " ") end++;
  return end - at;
};

const isBlankLine = (text: string, at: number) => /^[ \t\r]*$/.test(text.slice(at, lineEnd(text, at)));

/** Walks text line by line and notes where flow collections run too far left. */
class FlowScanner {
  readonly insertions: Insertion[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** False where a flow collection never ends: then nothing is known. */
  scan(): boolean {
    while (this.#at < this.#text.length) if (!this.#line()) return false;
    return true;
  }

  #nextLine(): true {
    this.#at = Math.min(this.#text.length, lineEnd(this.#text, this.#at) + 1);
    return true;
  }

  #line(): boolean {
    const text = this.#text;
    const start = this.#at;
    const indent = indentAt(text, start);
    this.#at = start + indent;
    while (text[this.#at] === "-" && (text[this.#at + 1] === " " || text[this.#at + 1] === "\t")) {
      this.#at++;
      while (text[this.#at] === " ") this.#at++;
    }
    const column = this.#at - start;
    const key = this.#key();
    if (key) return this.#value(column);
    return this.#value(indent);
  }

  /** Moves behind `key: ` if the line has one. */
  #key(): boolean {
    const text = this.#text;
    const end = lineEnd(text, this.#at);
    let at = this.#at;
    if (text[at] === '"' || text[at] === "'") at = skipQuoted(text, at);
    else if (text[at] === "[" || text[at] === "{" || text[at] === "#") return false;
    for (; at < end; at++) {
      if (text[at] === "#" && (text[at - 1] === " " || text[at - 1] === "\t")) return false;
      if (text[at] === ":" && (at + 1 >= end || /[ \t\r]/.test(text[at + 1]!))) {
        this.#at = at + 1;
        return true;
      }
    }
    return false;
  }

  #value(column: number): boolean {
    const text = this.#text;
    const end = lineEnd(text, this.#at);
    for (;;) {
      while (this.#at < end && /[ \t]/.test(text[this.#at]!)) this.#at++;
      if (text[this.#at] !== "&" && text[this.#at] !== "!") break;
      while (this.#at < end && !/\s/.test(text[this.#at]!)) this.#at++;
    }
    const first = text[this.#at];
    if (first === "|" || first === ">") return this.#blockScalar(column);
    if (first === "[" || first === "{") return this.#flow(column) && this.#nextLine();
    if (first === '"' || first === "'") this.#at = skipQuoted(text, this.#at);
    return this.#nextLine();
  }

  #blockScalar(column: number): true {
    this.#nextLine();
    while (this.#at < this.#text.length) {
      if (!isBlankLine(this.#text, this.#at) && indentAt(this.#text, this.#at) <= column) break;
      this.#nextLine();
    }
    return true;
  }

  #flow(column: number): boolean {
    const text = this.#text;
    let depth = 0;
    while (this.#at < text.length) {
      const unit = text[this.#at]!;
      if (unit === '"' || unit === "'") {
        this.#at = /[\s[{,:]/.test(text[this.#at - 1]!) ? skipQuoted(text, this.#at) : this.#at + 1;
        continue;
      }
      if (unit === "#" && /[\s,[\]{}]/.test(text[this.#at - 1]!)) {
        this.#at = lineEnd(text, this.#at);
        continue;
      }
      if (unit === "[" || unit === "{") depth++;
      if (unit === "]" || unit === "}") depth--;
      this.#at++;
      if (depth === 0) return true;
      if (unit === "\n" && !isBlankLine(text, this.#at)) {
        const missing = column + 1 - indentAt(text, this.#at);
        if (missing > 0) this.insertions.push({ at: this.#at, count: missing });
      }
    }
    return false;
  }
}

/** The text with blanks put in, and where they went; undefined where there is nothing to put in. */
export function indentFlows(source: SourceText): { text: SourceText; places: number[] } | undefined {
  const scanner = new FlowScanner(source.text);
  if (!scanner.scan() || scanner.insertions.length === 0) return undefined;
  const parts: string[] = [];
  const starts: number[] = [];
  const shifts: number[] = [];
  let from = 0;
  let shift = 0;
  for (const { at, count } of scanner.insertions) {
    parts.push(source.text.slice(from, at), " ".repeat(count));
    starts.push(at + shift);
    shift += count;
    shifts.push(shift);
    from = at;
  }
  parts.push(source.text.slice(from));
  const toFile = (offset: number): number => {
    let index = starts.findLastIndex((start) => start <= offset);
    if (index < 0) return source.toFile(offset);
    const original = Math.max(starts[index]! - (shifts[index - 1] ?? 0), offset - shifts[index]!);
    index = Math.min(original, source.text.length);
    return source.toFile(index);
  };
  return {
    text: { file: source.file, text: parts.join(""), toFile },
    places: scanner.insertions.map(({ at }) => source.toFile(at)),
  };
}
