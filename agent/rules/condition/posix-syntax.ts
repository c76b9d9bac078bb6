/**
 * RE2's POSIX syntax in terms of its Perl syntax, the only one that re2js reads: what POSIX syntax lacks is refused, what
 * means something else there is rewritten.
 */

/** Letters that a backslash makes special in POSIX syntax too; any other is an error. */
const escapeLetters = "xafnrtv";

export interface RegexFault {
  /** RE2's text about what is wrong with the pattern. */
  readonly problem: string;
  /** What to write instead. */
  readonly hint?: string;
}

const insteadOf: Readonly<Record<string, string>> = {
  d: "[[:digit:]]",
  D: "[^[:digit:]]",
  w: "[[:alnum:]_]",
  W: "[^[:alnum:]_]",
  s: "[[:space:]]",
  S: "[^[:space:]]",
};

/** The first thing that only Perl syntax has; inside a set only escapes count. */
export function perlSyntax(text: string): RegexFault | undefined {
  for (const [token] of text.matchAll(/\\[^]|\(\?|\[\^?\]?(?:\[:\w+:\]|\\[^]|[^\]\\])*\]/g)) {
    if (token === "(?")
      return {
        problem: "no argument for repetition operator: ?",
        hint: "POSIX syntax has no (?…) groups and flags",
      };
    for (const [, letter] of token.matchAll(/\\([^])/g)) {
      if (!/[a-zA-Z]/.test(letter!) || escapeLetters.includes(letter!)) continue;
      const better = insteadOf[letter!];
      return {
        problem: `invalid escape sequence: \\${letter}`,
        hint: better === undefined ? "POSIX syntax does not know this escape" : `write ${better}`,
      };
    }
  }
  return undefined;
}

/** Tokens of a pattern: an escape, a set, a repetition in braces, any other character. */
const tokens =
  /\\x\{[^}]*\}|\\x..|\\[0-7]+|\\[^]|\[\^?\]?(?:\[:\w+:\]|\\[^]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[^]/gu;

/** The tokens of a pattern, in order; together they are its text. */
export function regexTokens(text: string): string[] {
  return Array.from(text.matchAll(tokens), ([token]) => token);
}

/**
 * The same language in Perl syntax. There `a+?` and `a{2}?` are lazy and `a**` is a mistake; in POSIX syntax each
 * operator repeats all before it: (a+)?, (a{2})?, (a*)*.
 */
export function posixToPerl(text: string): string {
  const out: string[] = [];
  const groups: number[] = [];
  let atom: number | undefined;
  let repeated = false;
  for (const token of regexTokens(text)) {
    const repeats = /^[*+?]$|^\{\d/.test(token);
    if (repeats && repeated && atom !== undefined)
      out.splice(atom, out.length - atom, `(?:${out.slice(atom).join("")})`);
    else if (token === "(") groups.push(out.length);
    else if (token === ")") atom = groups.pop();
    else if (!repeats) atom = out.length;
    if (token === "(" || token === "|") atom = undefined;
    repeated = repeats;
    out.push(token);
  }
  return out.join("");
}
