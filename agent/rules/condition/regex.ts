/**
 * The `regex` operator: RE2 in POSIX syntax, always over the whole text (condition-language 4). re2js is RE2 in Perl
 * syntax, so what POSIX syntax lacks is refused first, and what can be answered without it is.
 */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import type { ByteString } from "../catalogue.ts";
import { perlSyntax, posixToPerl, regexTokens } from "./posix-syntax.ts";
import type { RegexFault } from "./posix-syntax.ts";
import { fromBytes } from "./text.ts";

/** re2js's words for RE2's. */
const words: Readonly<Record<string, string>> = {
  "missing closing ]": "missing ]",
  "missing closing )": "missing )",
  "trailing backslash at end of expression": "trailing \\",
  "missing argument to repetition operator": "no argument for repetition operator",
  "invalid repeat count": "invalid repetition size",
  "invalid nested repetition operator": "bad repetition operator",
};

/** What is wrong with a pattern, or the test of a text against it. */
export function compileRegex(pattern: ByteString): RegexFault | ((text: ByteString) => boolean) {
  const posix = fromBytes(pattern);
  const fault = perlSyntax(posix);
  if (fault !== undefined) return fault;
  const text = posixToPerl(posix);
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(text, /[\^$]/.test(text) ? RE2JS.MULTILINE : 0);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) return { problem: "pattern too large - compile failed" };
    const input = error.getPattern();
    const problem = words[error.getDescription()] ?? error.getDescription();
    return { problem: input ? `${problem}: ${input.replace(/^\(\?m\)/, "")}` : problem };
  }
  const full = (value: ByteString) => regex.testExact(fromBytes(value));
  return withoutRegex(text, full) ?? full;
}

/** `.*`, literal text, `.*`: what most patterns are. */
const simple = /^(\^?)(\.\*)?((?:[^\\.^$*+?()[\]{}|]|\\[^a-zA-Z0-9])+)(\.\*)?(\$?)$/;

/** A test by string functions, for simple patterns; `.` matches no newline, so a text with one takes the long way. */
function withoutRegex(
  text: string,
  full: (value: ByteString) => boolean,
): ((value: ByteString) => boolean) | undefined {
  const match = simple.exec(text);
  if (match === null) return withLiteral(text, full);
  const literal = match[3]!.replace(/\\([^])/g, "$1");
  if (/[^\x00-\x7f]|\n/.test(literal)) return undefined;
  const [before, after] = [match[2] !== undefined, match[4] !== undefined];
  if (!before && !after) return (value) => value === literal;
  let fast: (value: ByteString) => boolean = (value) => value.startsWith(literal);
  if (before && after) fast = (value) => value.includes(literal);
  else if (before) fast = (value) => value.endsWith(literal);
  return (value) => fast(value) && (!value.includes("\n") || full(value));
}

/** The regular expression behind a look for a text that every match must contain, where one can be told. */
function withLiteral(
  text: string,
  full: (value: ByteString) => boolean,
): ((value: ByteString) => boolean) | undefined {
  const literal = requiredLiteral(text);
  if (literal === undefined) return undefined;
  return (value) => value.includes(literal) && full(value);
}

/**
 * The longest ASCII text that stands in every match: a run of ordinary characters outside brackets, its last one not
 * repeated. Undefined where there is an alternative at top level or nothing is sure.
 */
export function requiredLiteral(text: string): string | undefined {
  let best = "";
  let run = "";
  let depth = 0;
  const close = () => {
    if (run.length > best.length) best = run;
    run = "";
  };
  for (const token of regexTokens(text)) {
    if (token === "(") depth++;
    if (token === "|" && depth === 0) return undefined;
    const escaped = /^\\[^a-zA-Z0-9]$/.test(token);
    const ordinary = escaped || (token.length === 1 && !".^$*+?()[]{}|\\".includes(token) && token < "\x80");
    if (depth === 0 && ordinary && token !== "\n") {
      run += escaped ? token.charAt(1) : token;
      continue;
    }
    if (/^[*?{]/.test(token)) run = run.slice(0, -1);
    close();
    if (token === ")") depth--;
  }
  close();
  return best.length >= 2 ? best : undefined;
}

/** True where Falco advises simpler operators: no metacharacter but anchors and wildcards at the ends. */
export function isSimplePattern(text: string): boolean {
  return !/[.^$*+?()[\]{}|\\]/.test(text.replace(/^\^?(?:\.[*+?])?/, "").replace(/(?:\.[*+?])?\$?$/, ""));
}
