/** From a token of a condition or output to a field: names, arguments, and what to say where it is none. */
import type { FieldInfo, FieldProblem, FieldUse, Quantifier } from "../rules/catalogue.ts";
import { nearest } from "./nearest.ts";
import { parameterNames, rawParameter } from "./parameter-names.ts";

/** Fields of one class of the reference, in the order in which classes are tried. */
export interface FieldClass {
  /** Fields of plugins say what is wrong in their own words. */
  readonly plugin: boolean;
  readonly fields: readonly FieldRow[];
}

export type FieldRow = FieldInfo & { readonly quantifier?: Quantifier };

type IsEvent = (name: string) => boolean;

const problem = (message: string, suggestions: readonly string[] = []): FieldProblem => ({
  message,
  suggestions,
});

/** A resolver over classes; `isEvent` knows the names that evt.type.is takes. */
export function resolver(
  classes: readonly FieldClass[],
  isEvent: IsEvent,
): (name: string, argument?: string) => FieldUse | FieldProblem {
  const exact = new Map<string, readonly [FieldClass, FieldRow]>();
  for (const fieldClass of classes)
    for (const row of fieldClass.fields) if (!exact.has(row.name)) exact.set(row.name, [fieldClass, row]);
  const names = [...exact.keys()].filter((name) => exact.get(name)![1].hidden !== true);

  return (name, argument) => {
    const found = exact.get(name) ?? longestPrefix(exact, name);
    const text = argument === undefined ? name : `${name}[${argument}]`;
    if (found === undefined) return unknown(text, name, names);
    return use(found, text, argument, isEvent, names);
  };
}

/** The longest declared name before a dot of `name`: what follows is an argument in dot form, or wrong. */
function longestPrefix<T>(rows: ReadonlyMap<string, T>, name: string): T | undefined {
  for (let end = name.length; end > 0; end--) {
    const found = rows.get(name.slice(0, end));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Suggestions are looked for when asked: the language also asks whether a plain value happens to be a field. */
function unknown(text: string, name: string, names: readonly string[]): FieldProblem {
  return {
    message: `filter_check called with nonexistent field ${text}`,
    get suggestions() {
      return nearest(name, names);
    },
  };
}

function use(
  [fieldClass, row]: readonly [FieldClass, FieldRow],
  text: string,
  argument: string | undefined,
  isEvent: IsEvent,
  names: readonly string[],
): FieldUse | FieldProblem {
  const bracket = text.indexOf("[");
  const name = argument === undefined ? text : text.slice(0, bracket);
  const rest = name.slice(row.name.length);
  switch (row.argumentKind) {
    case "name":
      return parameter(row, text, rest, argument);
    case "dot":
      return dotted(row, text, rest, argument, isEvent);
    case "index":
    case "key":
    case undefined:
      break;
  }
  if (rest !== "") {
    if (row.argument === "none" || !rest.startsWith(".")) return unknown(text, name, names);
    // A slip in the name of a field below this one (container.mount.dst), else the argument behind a dot.
    const below = nearest(
      name,
      names.filter((each) => each.startsWith(`${row.name}.`)),
    ).map((near) => `${near}[${argument ?? "…"}]`);
    const suggestions = below.length > 0 ? below : [`${row.name}[${rest.slice(1)}]`];
    if (row.argument === "optional") return problem(unknown(text, name, names).message, suggestions);
    return problem(needsArgument(fieldClass, row, text), suggestions);
  }
  if (argument === undefined)
    return row.argument === "required"
      ? problem(needsArgument(fieldClass, row, text), [`${row.name}[…]`])
      : resolved(row, text, undefined);
  if (row.argument === "none") return problem(unknown(text, name, names).message, [row.name]);
  if (fieldClass.plugin && /\s/.test(argument)) return problem("unbalanced argument brackets");
  if (row.argumentKind === "index" && !/^[+-]?\d+$/.test(argument))
    return problem(unknown(text, name, names).message, [`${row.name}[0]`]);
  return resolved(row, text, argument);
}

function needsArgument(fieldClass: FieldClass, row: FieldRow, text: string): string {
  return fieldClass.plugin
    ? `${row.name} requires an argument but none provided`
    : `filter syntax error: ${text}`;
}

/** evt.arg and evt.rawarg: a parameter by `.NAME`, of evt.arg also by `[position]`. */
function parameter(
  row: FieldRow,
  text: string,
  rest: string,
  argument: string | undefined,
): FieldUse | FieldProblem {
  const raw = row.name === "evt.rawarg";
  if (rest === "" && argument === undefined)
    return problem(`filter syntax error: ${text}`, [`${row.name}.flags`]);
  if (rest === "") {
    if (raw) return problem("evt.arg fields must be expressed explicitly", [`${row.name}.${argument}`]);
    if (!/^\d+$/.test(argument!))
      return problem(
        `${argument} is not a valid number`,
        parameterNames.has(argument!) ? [`evt.arg.${argument}`] : [],
      );
    return resolved(row, text, String(Number(argument)), row.type);
  }
  if (!rest.startsWith(".") || rest.length === 1 || argument !== undefined)
    return problem(`filter_check called with nonexistent field ${text}`);
  const name = rest.slice(1);
  if (!parameterNames.has(name))
    return problem(
      `unknown event argument ${name}`,
      nearest(name, [...parameterNames]).map((near) => `${row.name}.${near}`),
    );
  if (!raw) return resolved(row, text, name);
  const { type, format } = rawParameter(name);
  return { ...resolved(row, text, name, type), ...(format === undefined ? {} : { format }) };
}

/** evt.type.is.NAME, thread.cgroup.NAME, evt.abspath.src: the argument stands behind a dot and nowhere else. */
function dotted(
  row: FieldRow,
  text: string,
  rest: string,
  argument: string | undefined,
  isEvent: IsEvent,
): FieldUse | FieldProblem {
  const name = rest.startsWith(".") ? rest.slice(1) : undefined;
  if (argument !== undefined && rest === "")
    return problem(`filter syntax error: ${text}`, [`${row.name}.${argument}`]);
  if (rest === "" && row.argument === "optional") return resolved(row, text, undefined);
  if (rest === "") return problem(`filter syntax error: ${text}`);
  if (name === undefined || argument !== undefined)
    return problem(`filter_check called with nonexistent field ${text}`);
  if (row.name === "evt.type.is" && !isEvent(name)) return problem(`unknown event type ${name}`);
  if (row.name === "evt.abspath" && name !== "src" && name !== "dst")
    return problem(`filter_check called with nonexistent field ${text}`, [
      "evt.abspath.src",
      "evt.abspath.dst",
    ]);
  return resolved(row, text, name);
}

function resolved(row: FieldRow, text: string, argument: string | undefined, type = row.type): FieldUse {
  return {
    text,
    name: row.name,
    ...(argument === undefined ? {} : { argument }),
    type,
    list: row.list,
    quantifier: argument === undefined ? (row.quantifier ?? "none") : "none",
    ...(row.format === undefined ? {} : { format: row.format }),
  };
}
