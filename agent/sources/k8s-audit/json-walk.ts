/**
 * Walks over JSON text (RFC 8259) in bytes, checks its grammar and says where values begin and end, without making any of
 * them: a body of 12 MiB costs no more memory than it has.
 */

/** The text is no JSON; `at` is the offset of the first byte that cannot be. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  readonly at: number;

  constructor(at: number) {
    super(`no JSON from byte ${at} on`);
    this.at = at;
  }
}

/** Deeper nesting is no JSON to us, as to the API server's own decoder. */
export const MOST_LEVELS = 10_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const ZERO = 0x30;
const SPACE = 0x20;

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= ZERO && byte <= 0x39;
const isSpace = (byte: number | undefined) =>
  byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isHex = (byte: number | undefined) =>
  isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/** Characters that may stand behind a backslash. */
const escapes = new Set([...'"\\/bfnrtu'].map((character) => character.charCodeAt(0)));

const words = ["true", "false", "null"].map((word) => Buffer.from(word));

export class JsonWalk {
  /** Offset of the next byte. */
  at = 0;
  /** Levels of the value that was passed last: 0 for a scalar. */
  levels = 0;
  private readonly bytes: Uint8Array;
  /** By level: whether it is an object. */
  private readonly objects = new Uint8Array(MOST_LEVELS + 1);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Passes blanks and gives the byte behind them, which is not passed; undefined at the end. */
  next(): number | undefined {
    const { bytes } = this;
    while (isSpace(bytes[this.at])) this.at++;
    return bytes[this.at];
  }

  /** Passes blanks and that byte. @throws JsonError */
  expect(byte: number): void {
    if (this.next() !== byte) throw new JsonError(this.at);
    this.at++;
  }

  /** Passes blanks and one value. @throws JsonError */
  value(): void {
    const { objects } = this;
    let level = 0;
    let deepest = 0;
    for (;;) {
      const byte = this.next();
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (level === MOST_LEVELS) throw new JsonError(this.at);
        this.at++;
        level++;
        if (level > deepest) deepest = level;
        const isObject = byte === OPEN_OBJECT;
        objects[level] = isObject ? 1 : 0;
        if (this.next() !== (isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
          if (isObject) this.key();
          continue;
        }
      } else this.scalar(byte);
      // Behind a value, or before the end of an empty list or object.
      for (;;) {
        if (level === 0) {
          this.levels = deepest;
          return;
        }
        const isObject = objects[level] === 1;
        const behind = this.next();
        if (behind === (isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
          this.at++;
          level--;
          continue;
        }
        if (behind !== COMMA) throw new JsonError(this.at);
        this.at++;
        if (isObject) this.key();
        break;
      }
    }
  }

  /** Passes a member's name and its colon. @throws JsonError */
  private key(): void {
    this.expect(QUOTE);
    this.string();
    this.expect(COLON);
  }

  private scalar(byte: number | undefined): void {
    if (byte === QUOTE) {
      this.at++;
      this.string();
    } else if (byte === MINUS || isDigit(byte)) this.number();
    else this.word();
  }

  /** Passes the rest of a text whose first quote was passed. */
  private string(): void {
    const { bytes } = this;
    let at = this.at;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < SPACE) throw new JsonError(at);
      if (byte === BACKSLASH) {
        const escape = bytes[++at];
        if (escape === undefined || !escapes.has(escape)) throw new JsonError(at);
        if (escape === 0x75)
          for (let digit = 0; digit < 4; digit++) if (!isHex(bytes[++at])) throw new JsonError(at);
      }
      at++;
    }
    this.at = at + 1;
  }

  private digits(): void {
    if (!isDigit(this.bytes[this.at])) throw new JsonError(this.at);
    while (isDigit(this.bytes[this.at])) this.at++;
  }

  private number(): void {
    const { bytes } = this;
    if (bytes[this.at] === MINUS) this.at++;
    if (bytes[this.at] === ZERO) this.at++;
    else this.digits();
    if (bytes[this.at] === DOT) {
      this.at++;
      this.digits();
    }
    if (((bytes[this.at] ?? 0) | 0x20) !== 0x65) return;
    this.at++;
    const sign = bytes[this.at];
    if (sign === PLUS || sign === MINUS) this.at++;
    this.digits();
  }

  private word(): void {
    const word = words.find((each) => each.every((byte, index) => this.bytes[this.at + index] === byte));
    if (word === undefined) throw new JsonError(this.at);
    this.at += word.length;
  }
}
