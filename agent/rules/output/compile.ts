/** Tokens of an output → functions that print an event and give its typed fields (outputs.md 1 and 4). */
import type { FieldReader, FieldReaders, FieldUse } from "../catalogue.ts";
import { operandReader } from "../condition/operand-reader.ts";
import { operandShape } from "../condition/operand.ts";
import type { Operand } from "../condition/typed.ts";
import type { OutputPlan, OutputToken } from "../plan.ts";
import { valueJson, valueText } from "./render.ts";
import type { JsonValue, RenderOptions } from "./render.ts";

export interface CompiledOutput<E> {
  /** The message, as text: no time, no priority, nothing escaped. */
  text(event: E): string;
  /**
   * Entries of output_fields in text order, extra fields last (a later entry of the same key counts). The time that
   * every alert carries (`evt.time`) is the caller's to add.
   */
  fields(event: E): [key: string, value: JsonValue][];
}

type Write<E> = (event: E) => string;

/** Compiles the output of one rule; `options` are the agent's own. */
export function compileOutput<E>(
  plan: OutputPlan,
  readers: FieldReaders<E>,
  options: RenderOptions = {},
): CompiledOutput<E> {
  const message = template(plan.tokens, readers, options);
  const entries = [
    ...plan.fields.map((field) => ({ key: field.text, read: fieldJson(field, readers, options) })),
    ...plan.extra.map((extra) =>
      extra.kind === "field"
        ? { key: extra.field.text, read: fieldJson(extra.field, readers, options) }
        : { key: extra.key, read: template(extra.tokens, readers, options) },
    ),
  ];
  return {
    text: message,
    fields: (event) => entries.map(({ key, read }) => [key, read(event)]),
  };
}

function template<E>(
  tokens: readonly OutputToken[],
  readers: FieldReaders<E>,
  options: RenderOptions,
): Write<E> {
  const writes = tokens.map((token): Write<E> => {
    if (token.kind === "text") return () => token.text;
    const write = operandText(token.operand, readers, options);
    const { width } = token;
    return width === undefined ? write : (event) => fitted(write(event), width);
  });
  return (event) => {
    let text = "";
    for (const write of writes) text += write(event);
    return text;
  };
}

/** Exactly `width` characters: cut, or blanks at the end. */
function fitted(text: string, width: number): string {
  const characters = [...text].slice(0, width);
  return characters.join("") + " ".repeat(width - characters.length);
}

function operandText<E>(operand: Operand, readers: FieldReaders<E>, options: RenderOptions): Write<E> {
  if (operand.kind === "field") {
    const read = printed(operand.field, readers);
    return (event) => valueText(read(event), operand.field, options);
  }
  const read = operandReader(operand, readers);
  const shape = operandShape(operand);
  return (event) => valueText(read(event), shape, options);
}

/** Fields that print a time as text are nanoseconds since the epoch in output_fields. */
const timeTexts = new Set(["evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s"]);

function fieldJson<E>(
  field: FieldUse,
  readers: FieldReaders<E>,
  options: RenderOptions,
): (event: E) => JsonValue {
  const use: FieldUse = timeTexts.has(field.name)
    ? { text: "evt.rawtime", name: "evt.rawtime", type: "ABSTIME", list: false, quantifier: "none" }
    : field;
  const read = printed(use, readers);
  return (event) => valueJson(read(event), use, options);
}

/** Fields that only compare: nothing of them is printed. */
const neverPrinted = new Set(["evt.type.is", "evt.around"]);

/**
 * Reads a field for printing. Those that stand for both ends of a connection have no value of their own, a network
 * prints as `<IPNET>`; all ancestors are one text, blanks between them, but proc.apid prints the process's own pid.
 */
function printed<E>(field: FieldUse, readers: FieldReaders<E>): FieldReader<E> {
  if (field.type === "IPNET") return () => "";
  if (neverPrinted.has(field.name)) return () => undefined;
  if (field.quantifier === "either" && field.type !== "CHARBUF") return () => undefined;
  if (field.quantifier === "none") return readers.reader(field);
  if (field.type !== "CHARBUF" && field.argument === undefined)
    return readers.reader({ ...field, text: `${field.name}[0]`, argument: "0", quantifier: "none" });
  const read = readers.reader(field);
  return (event) => {
    const value = read(event);
    return typeof value === "object" ? value.join(" ") : value;
  };
}
