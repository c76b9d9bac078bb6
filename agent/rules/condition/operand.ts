/** Fields and transformer calls: names → what the catalogue knows of them, and their types. */
import type { FieldInfo, FieldUse, Quantifier, SourceCatalogue } from "../catalogue.ts";
import type { FieldNode, Place, TransformerNode, ValueNode } from "./ast.ts";
import { ConditionError } from "./error.ts";
import { nearest } from "./nearest.ts";
import { canonical } from "./constants.ts";
import { fromBytes } from "./text.ts";
import { transformers } from "./transformers.ts";
import type { ArgumentShape, Shape } from "./transformers.ts";
import type { Constant, Operand } from "./typed.ts";

/** An operand with what a comparison needs to know of it. */
export interface ResolvedOperand extends Shape {
  readonly operand: Operand;
  readonly quantifier: Quantifier;
  /** Of the field, where it is one. */
  readonly info?: FieldInfo;
  /** Name of the innermost field, for messages; "" where there is none. */
  readonly field: string;
  /** Every field in it, in text order. */
  readonly uses: readonly FieldUse[];
}

type Transform = Extract<Operand, { kind: "transformer" }>;

/**
 * What a field or transformer call is in this source. `val(f)` is the plain field.
 * @throws ConditionError at the name or argument that is wrong.
 */
export function resolveOperand(node: FieldNode | TransformerNode, source: SourceCatalogue): ResolvedOperand {
  if (node.kind === "field") return resolveField(node, source);
  if (node.name !== "val") return resolveTransformer(node, node.name, source);
  if (node.argument !== undefined)
    throw refused("filter error: transformer 'val' does not support field arguments", node);
  return resolveField(node.args[0] as FieldNode, source);
}

/** The type of an operand's value, without asking the catalogue again. */
export function operandShape(operand: Operand): Shape {
  if (operand.kind === "field") return { type: operand.field.type, list: operand.field.list };
  const shape = transformers[operand.name].shape(operand.args.map(argumentShape), operand.argument);
  return typeof shape === "string" ? { type: "CHARBUF", list: false } : shape;
}

function argumentShape(argument: Transform["args"][number]): ArgumentShape {
  if (argument.kind === "list") return { type: "CHARBUF", list: true, field: "" };
  if (argument.kind !== "constant") return { ...operandShape(argument), field: "" };
  const number = typeof argument.value !== "string";
  return { type: number ? "INT64" : "CHARBUF", list: false, field: "", numberLiteral: number };
}

function refused(message: string, place: Place, hint?: string): ConditionError {
  return new ConditionError(message, place.at, place.end, { hint });
}

function resolveField(node: FieldNode, source: SourceCatalogue): ResolvedOperand {
  const use = source.resolve(node.name, node.argument);
  if ("message" in use) {
    const names = () =>
      nearest(
        node.name,
        source.fields.filter((field) => !field.hidden).map((field) => field.name),
      );
    const suggestions = use.suggestions.length > 0 ? use.suggestions : names();
    throw new ConditionError(use.message, node.at, node.end, { suggestions });
  }
  const { type, list, quantifier, name } = use;
  return {
    operand: { kind: "field", field: use },
    type,
    list,
    quantifier,
    info: source.info(use),
    field: name,
    uses: [use],
  };
}

interface ResolvedArgument {
  readonly shape: ArgumentShape;
  readonly typed: Transform["args"][number];
  readonly uses: readonly FieldUse[];
}

function resolveTransformer(
  node: TransformerNode,
  name: Transform["name"],
  source: SourceCatalogue,
): ResolvedOperand {
  const args = node.args.map((arg) => resolveArgument(arg, source));
  const shape = transformers[name].shape(
    args.map((arg) => arg.shape),
    node.argument,
  );
  if (typeof shape === "string") throw refused(shape, node);
  const { argument } = node;
  return {
    operand: {
      kind: "transformer",
      name,
      args: args.map((arg) => arg.typed),
      ...(argument !== undefined && { argument }),
    },
    ...shape,
    quantifier: "none",
    field: args.find((arg) => arg.shape.field !== "")?.shape.field ?? "",
    uses: args.flatMap((arg) => arg.uses),
  };
}

function resolveArgument(node: TransformerNode["args"][number], source: SourceCatalogue): ResolvedArgument {
  if (node.kind === "value") {
    const constant = resolveConstant(node);
    return { shape: argumentShape(constant), typed: constant, uses: [] };
  }
  if (node.kind === "list") return resolveList(node.items, source);
  const { operand, type, list, field, uses } = transformable(node, source);
  return { shape: { type, list, field }, typed: operand, uses };
}

/** Members of a list literal are single values. It counts as a list of strings unless a member is a number. */
function resolveList(
  nodes: readonly (FieldNode | TransformerNode | ValueNode)[],
  source: SourceCatalogue,
): ResolvedArgument {
  const items = nodes.map((node) => {
    const item = resolveArgument(node, source);
    if (item.shape.list) throw refused("a list cannot stand in a list", node);
    return item;
  });
  const odd = items.find(
    ({ shape }) => shape.type !== "CHARBUF" && shape.type !== "FSPATH" && shape.type !== "FSRELPATH",
  );
  return {
    shape: {
      type: odd?.shape.type ?? "CHARBUF",
      list: true,
      field: items.find(({ shape }) => shape.field)?.shape.field ?? "",
    },
    typed: { kind: "list", items: items.map((item) => item.typed as Operand | Constant) },
    uses: items.flatMap((item) => item.uses),
  };
}

function transformable(node: FieldNode | TransformerNode, source: SourceCatalogue): ResolvedOperand {
  const resolved = resolveOperand(node, source);
  if (resolved.info?.noTransformer || resolved.quantifier !== "none")
    throw refused(`field '${resolved.field}' does not support transformers`, node);
  return resolved;
}

/** A quoted text, or a number: a number where it is one exactly, else its text. */
function resolveConstant(node: ValueNode): Constant {
  if (node.quoted) return { kind: "constant", value: node.text };
  return {
    kind: "constant",
    value: /^(0|-?[1-9][0-9]{0,17})$/.test(node.text) ? canonical(BigInt(node.text)) : node.text,
  };
}

/** Fields a text may mean where it stands as a value: it is one when read as a field, blanks aside. */
export function looksLikeField(text: string, source: SourceCatalogue): boolean {
  const match = /^([a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+)(?:\[([^\][]+)\])?$/.exec(
    fromBytes(text).replace(/\s/g, ""),
  );
  return match !== null && !("message" in source.resolve(match[1]!, match[2]));
}
