/** Transformers: what each takes and gives, and how it computes (condition-language 5). */
import type { ByteString, FieldType, Scalar, Value } from "../catalogue.ts";
import type { TransformerName } from "./ast.ts";
import { decodeBase64 } from "./base64.ts";
import { typeFacts } from "./operators.ts";

/** What is known of an argument before any event. */
export interface ArgumentShape {
  readonly type: FieldType;
  readonly list: boolean;
  /** Number written as a literal; its text counts where a string is wanted. */
  readonly numberLiteral?: boolean;
  /** Innermost field, for messages. */
  readonly field: string;
}

export interface Shape {
  readonly type: FieldType;
  readonly list: boolean;
}

export interface Transformer {
  /** What it gives for such arguments and such text in brackets, or what is wrong with them. */
  readonly shape: (args: readonly ArgumentShape[], argument: string | undefined) => Shape | string;
  /** Its value for values that are there. */
  readonly apply: (args: readonly (Scalar | readonly Scalar[])[], argument: string | undefined) => Value;
}

const isText = (type: FieldType) => typeFacts[type].comparison === "string";
const isBytes = (type: FieldType) => typeFacts[type].comparison === "bytes";

/** One argument whose type must fit. */
function single(
  name: TransformerName,
  accepts: (argument: ArgumentShape) => boolean,
  result: (argument: ArgumentShape) => Shape,
): Transformer["shape"] {
  return (args, argument) => {
    if (argument !== undefined) return `filter error: transformer '${name}' does not support field arguments`;
    const [only] = args;
    if (only === undefined || args.length > 1) return `${name}() requires exactly 1 argument`;
    if (accepts(only)) return result(only);
    const type = only.list ? `LIST(${only.type})` : only.type;
    return `can't add field transformer: type '${type}' is not supported by '${name}' transformer applied on field '${only.field}'`;
  };
}

const same = ({ type, list }: ArgumentShape): Shape => ({ type, list });

function eachText(
  name: TransformerName,
  change: (text: ByteString) => ByteString,
  lists: boolean,
): Transformer {
  return {
    shape: single(name, ({ type, list }) => isText(type) && (lists || !list), same),
    apply: ([value]) =>
      typeof value === "object" ? value.map((text) => change(String(text))) : change(String(value)),
  };
}

const lower = (text: ByteString) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const upper = (text: ByteString) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

/** Every transformer but `val`, which is the plain field. */
export const transformers: Readonly<Record<Exclude<TransformerName, "val">, Transformer>> = {
  tolower: eachText("tolower", lower, true),
  toupper: eachText("toupper", upper, true),
  basename: eachText("basename", (path) => path.slice(path.lastIndexOf("/") + 1), false),
  b64: {
    shape: single("b64", ({ type, list }) => !list && (isText(type) || isBytes(type)), same),
    apply: ([value]) => decodeBase64(String(value)),
  },
  len: {
    shape: single(
      "len",
      ({ type, list }) => list || isText(type) || isBytes(type),
      () => ({ type: "UINT64", list: false }),
    ),
    apply: ([value]) => (typeof value === "object" ? value.length : String(value).length),
  },
  join: {
    shape: (args, argument) => {
      if (argument !== undefined) return "transformer 'join' does not support field arguments";
      const [separator, list] = args;
      if (separator === undefined || list === undefined || args.length > 2)
        return "join() requires exactly 2 arguments: separator and list";
      if (separator.list) return "join() first argument (separator) must be a single value, not a list";
      if (!list.list) return "join() second argument must be a list";
      if (!isText(separator.type)) return "join() first argument (separator) must be a string";
      return { type: "CHARBUF", list: false };
    },
    apply: ([separator, list]) => (list as readonly Scalar[]).map(String).join(String(separator)),
  },
  concat: {
    shape: (args, argument) => {
      if (argument !== undefined) return "transformer 'concat' does not support field arguments";
      if (args.length < 2) return "concat() requires at least 2 arguments";
      if (args.some(({ type, list, numberLiteral }) => list || !(isText(type) || numberLiteral)))
        return "concat() arguments must be strings";
      return { type: "CHARBUF", list: false };
    },
    apply: (args) => args.map(String).join(""),
  },
  getopt: {
    shape: (args, argument) => {
      const [list, letters] = args;
      if (list === undefined || letters === undefined || args.length > 2)
        return "getopt() requires exactly 2 arguments: args list and optstring";
      if (!list.list) return "getopt() first argument must be a list";
      if (letters.list) return "getopt() second argument (optstring) must be a single value";
      if (!isText(list.type) || !isText(letters.type)) return "getopt() arguments must be strings";
      if (argument !== undefined && argument.length !== 1)
        return "getopt() field argument must be a single option character";
      return { type: "CHARBUF", list: argument === undefined };
    },
    apply: ([list, letters], argument) => {
      const found = options((list as readonly Scalar[]).map(String), String(letters));
      if (argument === undefined)
        return found.flatMap(({ letter, value }) =>
          (value === undefined ? [letter] : [letter, value]).filter((text) => text !== undefined),
        );
      return found.findLast(({ of }) => of === argument)?.last;
    },
  },
};

interface Option {
  /** The option's letter, `?` where unknown; emitted unless its value is missing. */
  readonly letter: string | undefined;
  readonly value?: string;
  /** Under which letter it is found, and what is found there. */
  readonly of: string;
  readonly last: string;
}

/** Scans arguments as getopt(3) does, short options only. */
function options(args: readonly string[], letters: string): Option[] {
  const found: Option[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (!arg.startsWith("-") || arg === "-" || arg === "--") break;
    if (arg.startsWith("--")) continue;
    for (let at = 1; at < arg.length; at++) {
      const letter = arg.charAt(at);
      const known = letter === ":" ? -1 : letters.indexOf(letter);
      if (known < 0) found.push({ letter: "?", of: "?", last: "?" });
      else if (letters.charAt(known + 1) !== ":") found.push({ letter, of: letter, last: letter });
      else {
        const rest = arg.slice(at + 1);
        const value = rest === "" ? args[++index] : rest;
        if (value === undefined) found.push({ letter: undefined, value: "", of: letter, last: "" });
        else found.push({ letter, value, of: letter, last: value });
        break;
      }
    }
  }
  return found;
}
