/** What a person who wrote text that is no condition probably meant. Habits of other languages, mostly. */
import { nearest } from "./nearest.ts";
import { operators } from "./operators.ts";

/** Words of other languages for our operators. */
const synonyms: Readonly<Record<string, string>> = {
  is: "=",
  eq: "=",
  equals: "=",
  like: "glob",
  matches: "regex",
  match: "regex",
  has: "contains",
  include: "contains",
  includes: "contains",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
};

const signs: readonly (readonly [RegExp, string])[] = [
  [/^&&?/, "write 'and'"],
  [/^\|\|?/, "write 'or'"],
  [/^!(?!=)/, "write 'not'"],
  [/^(AND|OR|NOT|IN|EXISTS|CONTAINS)\b/i, "keywords are written in lower case"],
  [/^[“”„‘’«»]/, "this is a typographic quote: write \" or '"],
  [/^\u00a0/, "this is a no-break space (U+00A0): write a plain blank"],
  [/^#/, "a condition has no comments"],
  [/^;/, "a condition ends without a semicolon"],
  [/^\[/, "a list stands in round brackets"],
];

/** A hint on text that should not stand where it does; undefined where none comes to mind. */
export function signHint(rest: string): string | undefined {
  const found = signs.find(([pattern]) => pattern.test(rest));
  if (found === undefined) return foreignLetter(rest);
  const keyword = /^[a-zA-Z]+/.exec(rest)?.[0];
  return keyword !== undefined && keyword === keyword.toLowerCase() ? undefined : found[1];
}

function foreignLetter(rest: string): string | undefined {
  const letter = /^[^\x00-\x7f]/u.exec(rest)?.[0];
  if (letter === undefined) return undefined;
  const code = letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `${letter} (U+${code}) cannot stand here: names are made of the letters a to z, digits and _`;
}

/** A hint on text where an operator should stand after the field `field`. */
export function operatorHint(field: string, rest: string): { hint?: string; suggestions: string[] } {
  const word = /^[a-zA-Z]+/.exec(rest)?.[0];
  if (word === "not") {
    const operator = /^not\s+([a-z]+)/.exec(rest)?.[1] ?? "in";
    return { hint: `'not' stands before the field: not ${field} ${operator} …`, suggestions: [] };
  }
  if (word === undefined) {
    const hint = signHint(rest) ?? (rest === "" ? `an operator and a value must follow ${field}` : undefined);
    return { ...(hint !== undefined && { hint }), suggestions: [] };
  }
  const operator = word.toLowerCase();
  if (/^[a-z]/.test(operator) && operators.some((known) => known === operator))
    return operator === word
      ? { hint: `a blank must follow '${word}'`, suggestions: [] }
      : { hint: "operators are written in lower case", suggestions: [operator] };
  const synonym = synonyms[operator];
  return {
    suggestions:
      synonym === undefined
        ? nearest(
            operator,
            operators.filter((o) => o.length > 2),
          )
        : [synonym],
  };
}

/**
 * A hint on `rest`, which follows a complete check and is neither `and` nor `or`; `last` is the token before it,
 * `gap` whether a blank lies between.
 */
export function afterCheckHint(last: string, gap: boolean, rest: string): string | undefined {
  if (last === ">" && gap) return "'=>' and '==>' are no operators: write '=' or '>='";
  if (last === "~") return "write 'regex' for a regular expression";
  const sign = signHint(rest);
  if (sign !== undefined || last.length > 100) return sign;
  const glued = /^(.+?)(and|or)$/.exec(last);
  if (glued !== null && gap) return `a blank is missing: '${glued[1]} ${glued[2]}'`;
  if (/^(oneof|anyof|allof)$/.test(last) && rest.startsWith("(")) return `a blank must follow '${last}'`;
  if (rest === "") return "the bracket is never closed";
  if (last === "val") return "val() stands only on the right of an operator";
  if (operators.some((operator) => operator === last)) return undefined;
  if (rest.startsWith("(")) return `'${last}' is no function, or a blank or operator is missing`;
  if (
    /^([<>=!]|(in|contains|icontains|startswith|endswith|exists|glob|regex|pmatch|intersects)\b)/.test(rest)
  )
    return `'${last}' is taken as a macro: a field has a dot in its name`;
  return undefined;
}
