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

/** The known word nearest to `word`, undefined where none is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Edits (insert, delete, replace, swap of neighbours) from one text to the other; `limit` where there are as many or more. */
function editDistance(a: string, b: string, limit: number): number {
  if (a.length > 64 || b.length > 64 || Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = above;
    above = row;
  }
  return Math.min(limit, above[b.length]!);
}
