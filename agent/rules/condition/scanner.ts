/** Reads tokens of a condition: each longest, at the place the parser asks for it (condition-language 1). */
import type { ByteString } from "../catalogue.ts";
import { ConditionError } from "./error.ts";
import { unescape } from "./text.ts";

/** Tokens that are a regular expression; none of them can take more than linear time. */
const tokens = {
  identifier: /[a-zA-Z][a-zA-Z0-9_]*/y,
  fieldName: /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/y,
  bareArgument: /[^\][\x22' \t\n\v\f\r]+/y,
  hexNumber: /0[xX][0-9a-fA-F]+/y,
  number: /[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?/y,
  bare: /[^()"' \t\n\v\f\r=,]+/y,
} as const;

export type TokenKind = keyof typeof tokens;

const blanks = " \t\b\r\n";

/** A place in a text from which tokens are taken; `last` is the last one, for messages. */
export class Scanner {
  readonly text: string;
  at: number;
  last = "";

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** Skips blanks; true if there was one. */
  blank(): boolean {
    const start = this.at;
    while (this.at < this.text.length && blanks.includes(this.text.charAt(this.at))) this.at++;
    return this.at > start;
  }

  /** The token that stands here, without taking it. */
  peek(kind: TokenKind): string | undefined {
    const pattern = tokens[kind];
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  /** Takes a token of this kind, if one stands here. */
  token(kind: TokenKind): string | undefined {
    const found = this.peek(kind);
    if (found !== undefined) this.take(found);
    return found;
  }

  /** Takes exactly this text, if it stands here. */
  word(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.take(word);
    return true;
  }

  /** Takes a word and the blanks that must follow it. */
  wordAndBlank(word: string): boolean {
    const { at, last } = this;
    if (this.word(word) && this.blank()) return true;
    this.at = at;
    this.last = last;
    return false;
  }

  /**
   * Takes a quoted string: to the next same quote whose previous character is no backslash. Undefined where none
   * begins here or it never ends.
   * @throws ConditionError at a bad escape.
   */
  quoted(): ByteString | undefined {
    const quote = this.text.charAt(this.at);
    if (quote !== '"' && quote !== "'") return undefined;
    let close = this.at;
    do {
      close = this.text.indexOf(quote, close + 1);
      if (close < 0) return undefined;
    } while (this.text.charAt(close - 1) === "\\");
    const raw = this.text.slice(this.at + 1, close);
    const result = unescape(raw, quote);
    if ("bad" in result) {
      const at = this.at + 1 + result.at;
      throw new ConditionError(
        `unsupported string escape sequence: ${result.bad}`,
        at,
        at + result.bad.length,
        {
          hint: "in quotes a backslash is written \\\\, or \\x5c at the end of the string",
        },
      );
    }
    this.at = close + 1;
    this.last = raw;
    return result.bytes;
  }

  private take(text: string): void {
    this.at += text.length;
    this.last = text;
  }
}
