/** The line a finding is on, with a mark under the words it is about. */
import type { FilePlace } from "../files/source-text.ts";

/** Columns of a terminal a line is cut to, around the mark. */
const maxColumns = 110;

/** Control characters, and those that turn the direction of text: files are not trusted to draw on a terminal. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text without anything a terminal would act upon. A tab becomes one blank, so that columns stay countable. */
export function printable(text: string): string {
  return text.replace(unprintable, (unit) =>
    unit === "\t" ? " " : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const narrow = /^\p{Mark}$|^\ufe0f$/u;

/** Columns a printable text takes on a terminal. */
function columns(text: string): number {
  let count = 0;
  for (const character of text) count += narrow.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return count;
}

interface Snippet {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Blanks, then the mark. */
  readonly mark: string;
}

/** The line of a place and the mark under it; what goes on on later lines is not marked. */
export function snippetOf({ file, at, end }: FilePlace): Snippet {
  const { line } = file.position(at);
  const whole = file.line(line);
  const start = file.text.lastIndexOf("\n", at - 1) + 1;
  const from = Math.min(at - start, whole.length);
  const to = Math.max(from, Math.min(end - start, whole.length));
  let head = printable(whole.slice(0, from));
  let marked = printable(whole.slice(from, to)).trimEnd();
  let tail = printable(whole.slice(to));
  if (head.length > maxColumns / 2) head = `…${head.slice(-maxColumns / 2)}`;
  if (marked.length > maxColumns) {
    marked = marked.slice(0, maxColumns);
    tail = "…";
  }
  const room = Math.max(0, maxColumns - head.length - marked.length);
  if (tail.length > room) tail = `${tail.slice(0, room)}…`;
  return {
    line: line + 1,
    text: `${head}${marked}${tail}`,
    mark: `${" ".repeat(columns(head))}${"^".repeat(Math.max(1, columns(marked)))}`,
  };
}
