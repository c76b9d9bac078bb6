/** Where text comes from: files, texts inside files, and the way back from an offset to line and column. */

/** A place counted from 0, in the units a reader of JSON (bytes) or of text (characters) wants. */
export interface Position {
  readonly line: number;
  /** Characters (code points) since the start of the line. */
  readonly column: number;
  /** Bytes of UTF-8 since the start of the line. */
  readonly byteColumn: number;
  /** Bytes of UTF-8 since the start of the file. */
  readonly byteOffset: number;
}

/** A rules file as it was given; `text` without byte order mark. */
export class SourceFile {
  readonly name: string;
  readonly text: string;
  #lines: number[] | undefined;
  #lineBytes: number[] | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  #index(): number[] {
    if (this.#lines === undefined) {
      this.#lines = [0];
      for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1))
        this.#lines.push(at + 1);
    }
    return this.#lines;
  }

  /** Position of a UTF-16 offset; offsets beyond the end count as the end. */
  position(offset: number): Position {
    const lines = this.#index();
    const bounded = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]! <= bounded) low = middle;
      else high = middle - 1;
    }
    const before = this.text.slice(lines[low], bounded);
    const byteColumn = Buffer.byteLength(before);
    return {
      line: low,
      column: characters(before),
      byteColumn,
      byteOffset: this.#bytesBefore(low) + byteColumn,
    };
  }

  #bytesBefore(line: number): number {
    const lines = this.#index();
    this.#lineBytes ??= [0];
    for (let known = this.#lineBytes.length; known <= line; known++)
      this.#lineBytes.push(
        this.#lineBytes[known - 1]! + Buffer.byteLength(this.text.slice(lines[known - 1], lines[known])),
      );
    return this.#lineBytes[line]!;
  }

  /** A line's text without its end; "" beyond the last. */
  line(number: number): string {
    const lines = this.#index();
    const start = lines[number];
    if (start === undefined) return "";
    return this.text.slice(start, lines[number + 1]).replace(/\r?\n$/, "");
  }
}

/** Number of characters (code points) in a text. */
export function characters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff || at === 0 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800) count++;
  }
  return count;
}

/** A stretch of a file; offsets are UTF-16 units, `end` exclusive. */
export interface FilePlace {
  readonly file: SourceFile;
  readonly at: number;
  readonly end: number;
}

/** A text that YAML is read from: a file, or a scalar of one, or either with blanks put in. */
export interface SourceText {
  readonly file: SourceFile;
  readonly text: string;
  /** Offset in `text` to offset in the file. */
  toFile(offset: number): number;
}

/** The file as a whole, as a text to read. */
export function wholeFile(file: SourceFile): SourceText {
  return { file, text: file.text, toFile: (offset) => offset };
}

/** The place in the file of a stretch of a text. */
export function placeIn(source: SourceText, at: number, end: number): FilePlace {
  const from = source.toFile(at);
  return { file: source.file, at: from, end: Math.max(from, end > at ? source.toFile(end - 1) + 1 : from) };
}
