/** A mistake in a settings file or in --set: where, what, and how it is shown. */

/** A text that settings came from. */
export interface Source {
  /** As shown: a path, or `--set KEY`. */
  readonly name: string;
  readonly text: string;
  /** Lines are counted and shown with the name; not for --set. */
  readonly isFile: boolean;
}

/** A piece of a source, in UTF-16 units. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export type MistakeCode =
  | "SETTINGS_FILE_READ"
  | "SETTINGS_YAML"
  | "SETTINGS_UNKNOWN_KEY"
  | "SETTINGS_VALUE"
  | "SETTINGS_SET"
  | "SETTINGS_TOGETHER"
  | "SETTINGS_DEPRECATED"
  | "SETTINGS_ENVIRONMENT";

/** One mistake (or warning). `place` is absent where there is no text to point at. */
export interface Mistake {
  readonly code: MistakeCode;
  readonly message: string;
  readonly place?: Place;
  /** The text at the place may be a credential: it is not shown. */
  readonly secret?: boolean;
}

/** Line and column of a place, both from 1, the column in characters (code points). */
export function position(place: Place): { line: number; column: number } {
  const before = place.source.text.slice(0, place.start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { line, column: [...before.slice(lineStart)].length + 1 };
}

/** Longest piece of a line that is shown, in characters. */
const shownLength = 120;

/**
 * A mistake as text: `FILE:LINE:COLUMN: message [CODE]`, the line, and a caret below the place. Control characters
 * are shown as blanks.
 */
export function draw(mistake: Mistake): string {
  const { place, message, code } = mistake;
  if (place === undefined) return `${message} [${code}]`;
  const { line, column } = position(place);
  const where = place.source.isFile ? `${place.source.name}:${line}:${column}` : place.source.name;
  const head = `${where}: ${message} [${code}]`;
  if (mistake.secret === true || !place.source.isFile) return head;
  const lineStart = place.source.text.lastIndexOf("\n", place.start - 1) + 1;
  const nextLine = place.source.text.indexOf("\n", place.start);
  const lineEnd = nextLine === -1 ? place.source.text.length : nextLine;
  const from = Math.max(0, column - 1 - shownLength / 2);
  const whole = [...place.source.text.slice(lineStart, lineEnd)];
  const shown = whole.slice(from, from + shownLength).map((c) => (/\p{C}/u.test(c) ? " " : c));
  const marked = [...place.source.text.slice(place.start, Math.min(place.end, lineEnd))].length;
  const carets = "^".repeat(Math.max(1, Math.min(marked, shown.length - (column - 1 - from))));
  return `${head}\n    ${shown.join("")}\n    ${" ".repeat(column - 1 - from)}${carets}`;
}
