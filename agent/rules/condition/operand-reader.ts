/** An operand → one function that reads its value from an event. */
import type { FieldReader, FieldReaders, Scalar, Value } from "../catalogue.ts";
import { valueText } from "../output/render.ts";
import { operandShape } from "./operand.ts";
import { toBytes } from "./text.ts";
import { transformers } from "./transformers.ts";
import type { Constant, Operand } from "./typed.ts";

type Transform = Extract<Operand, { kind: "transformer" }>;
type Argument = Transform["args"][number];

/** The reader of a field or transformer call; undefined comes out where any field in it is missing. */
export function operandReader<E>(operand: Operand, readers: FieldReaders<E>): FieldReader<E> {
  if (operand.kind === "field") return readers.reader(operand.field);
  const { apply } = transformers[operand.name];
  const { argument } = operand;
  const args = operand.args.map((arg) => argumentReader(arg, readers, operand.name));
  const [only] = args;
  if (args.length === 1 && only !== undefined) {
    if (operand.name === "len") return lengthReader(only);
    return (event) => {
      const value = only(event);
      return value === undefined ? undefined : apply([value], argument);
    };
  }
  return (event) => {
    const values: (Scalar | readonly Scalar[])[] = [];
    for (const read of args) {
      const value = read(event);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return apply(values, argument);
  };
}

function lengthReader<E>(read: FieldReader<E>): FieldReader<E> {
  return (event) => {
    const value = read(event);
    if (value === undefined) return undefined;
    return typeof value === "string" || typeof value === "object" ? value.length : undefined;
  };
}

function argumentReader<E>(arg: Argument, readers: FieldReaders<E>, of: Transform["name"]): FieldReader<E> {
  if (arg.kind === "constant") {
    const value = of === "concat" ? String(arg.value) : arg.value;
    return () => value;
  }
  if (arg.kind !== "list") return operandReader(arg, readers);
  const items = arg.items.map((item) => memberReader(item, readers));
  return (event) => {
    const values: Scalar[] = [];
    for (const read of items) {
      const value = read(event);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  };
}

/** A member of a list literal, as the text it has in an output. */
function memberReader<E>(
  item: Operand | Constant,
  readers: FieldReaders<E>,
): (event: E) => string | undefined {
  if (item.kind === "constant") {
    const text = String(item.value);
    return () => text;
  }
  const shape = operandShape(item);
  const read = operandReader(item, readers);
  return (event) => {
    const value = read(event);
    return value === undefined ? undefined : memberText(value, shape);
  };
}

function memberText(value: Exclude<Value, undefined>, shape: ReturnType<typeof operandShape>): string {
  return typeof value === "string" && shape.type !== "IPADDR" ? value : toBytes(valueText(value, shape));
}
