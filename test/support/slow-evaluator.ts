/**
 * What a condition means, written as plainly as possible and with other means than the compiler: no sets, no
 * preparation, numbers as bigint, networks by Node's BlockList, patterns by naive recursion. For comparison only.
 */
import { BlockList, isIPv4 } from "node:net";
import type {
  CheckNode,
  Expr,
  FieldNode,
  TransformerNode,
  ValueNode,
} from "../../agent/rules/condition/ast.ts";
import type { FieldType, FieldUse, Scalar, Value } from "../../agent/rules/catalogue.ts";
import { madeSource } from "./made-catalogue.ts";
import type { MadeEvent } from "./made-catalogue.ts";

/** Whether a condition with no macros in it holds for an event. */
export function slowlyHolds(expr: Expr, event: MadeEvent): boolean {
  switch (expr.kind) {
    case "and":
      return expr.args.every((arg) => slowlyHolds(arg, event));
    case "or":
      return expr.args.some((arg) => slowlyHolds(arg, event));
    case "not":
      return !slowlyHolds(expr.arg, event);
    case "macro":
      throw new Error("macros are put in before");
    case "check":
      return checkHolds(expr, event);
  }
}

interface Side {
  readonly value: Value;
  readonly type: FieldType;
  readonly list: boolean;
  readonly use?: FieldUse;
}

function checkHolds(node: CheckNode, event: MadeEvent): boolean {
  const left = evaluate(node.left, event);
  if (node.operator === "exists")
    return left.use?.quantifier === "either" ? event["fd.num"] !== undefined : left.value !== undefined;
  if (left.value === undefined) return false;
  const right = node.right!;
  if (right.kind === "transformer") {
    const other = evaluate(right, event).value;
    return other !== undefined && compareSides(node.operator, left, other);
  }
  const items = (right.kind === "list" ? right.items : [right]) as readonly ValueNode[];
  const texts = items.map((item) => item.text);
  const quantifier = left.use?.quantifier ?? "none";
  const values = typeof left.value === "object" ? left.value : [left.value];
  const one = (value: Scalar, operand: readonly string[]) =>
    holdsFor(node.operator, value, operand, left.type);
  if (quantifier !== "none") {
    const counted = node.modifier === undefined ? texts : texts.slice(0, 1);
    if (node.modifier !== undefined && counted.length === 0) return false;
    if (quantifier === "either" && node.operator === "!=")
      return values.length > 0 && values.every((value) => one(value, counted));
    return values.some((value) => one(value, counted));
  }
  if (left.list) {
    if (texts.length === 0) return false;
    return node.operator === "in"
      ? values.every((value) => one(value, texts))
      : values.some((value) => one(value, texts));
  }
  if (node.modifier === undefined) return one(values[0]!, texts);
  const passed = texts.filter((text) => one(values[0]!, [text])).length;
  if (node.modifier === "anyof") return passed > 0;
  return node.modifier === "allof" ? passed === texts.length && passed > 0 : passed === 1;
}

function compareSides(operator: string, left: Side, right: Exclude<Value, undefined>): boolean {
  const a = typeof left.value === "object" ? left.value : [left.value!];
  const b = typeof right === "object" ? right : [right];
  if (left.list) {
    const inside = (item: Scalar) => b.some((other) => other === item);
    return operator === "in" ? a.every(inside) : a.some(inside);
  }
  return holdsFor(operator, a[0]!, [b[0]!], left.type);
}

/** Operands that are still text are read as constants of the type. */
function holdsFor(operator: string, value: Scalar, operands: readonly Scalar[], type: FieldType): boolean {
  const constants = operands.map((operand) => constant(operand, type));
  const equal = (other: Scalar) =>
    type === "IPNET" ? inNetwork(String(value), String(other)) : same(value, other);
  const first = constants[0];
  switch (operator) {
    case "in":
    case "intersects":
    case "=":
    case "==":
      return constants.some(equal);
    case "!=":
      return !constants.some(equal);
    case "pmatch":
      return constants.some((path) => isPathPrefix(String(path), String(value)));
    case "<":
      return comparable(value) < comparable(first!);
    case "<=":
      return comparable(value) <= comparable(first!);
    case ">":
      return comparable(value) > comparable(first!);
    case ">=":
      return comparable(value) >= comparable(first!);
    default:
      return textHolds(operator, String(value), String(first));
  }
}

function textHolds(operator: string, value: string, constant: string): boolean {
  const low = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  switch (operator) {
    case "contains":
      return value.indexOf(constant) >= 0;
    case "icontains":
      return low(value).indexOf(low(constant)) >= 0;
    case "startswith":
      return value.slice(0, constant.length) === constant;
    case "endswith":
      return constant.length <= value.length && value.slice(value.length - constant.length) === constant;
    case "bcontains":
      return value.indexOf(hexBytes(constant)) >= 0;
    case "bstartswith":
      return value.slice(0, hexBytes(constant).length) === hexBytes(constant);
    case "glob":
      return globMatches(constant, value);
    case "iglob":
      return globMatches(low(constant), low(value));
    case "regex":
      return new RegExp(`^(?:${constant})$`, "u").test(Buffer.from(value, "latin1").toString());
    default:
      throw new Error(operator);
  }
}

const same = (a: Scalar, b: Scalar) =>
  typeof a === "string" || typeof a === "boolean" ? a === b : BigInt(a) === BigInt(b);
const comparable = (value: Scalar) =>
  typeof value === "string" ? Buffer.from(value, "latin1").toString("hex") : BigInt(value);
const hexBytes = (hex: string) => Buffer.from(hex, "hex").toString("latin1");

function constant(operand: Scalar, type: FieldType): Scalar {
  if (typeof operand !== "string") return operand;
  if (type === "BOOL") return operand === "true";
  const numbers: Partial<Record<FieldType, (value: bigint) => bigint>> = {
    INT64: (value) => BigInt.asIntN(64, value),
    UINT64: (value) => BigInt.asUintN(64, value),
    RELTIME: (value) => BigInt.asUintN(64, value),
    UINT32: (value) => BigInt.asUintN(32, value),
    UINT8: (value) => BigInt.asUintN(8, value),
    PORT: (value) => BigInt.asUintN(16, value),
  };
  const convert = numbers[type];
  if (convert !== undefined) return operand === "https" ? 443 : convert(BigInt(operand));
  return type === "IPADDR" && operand.length > 0 && !isAddressBytes(operand)
    ? addressBytes(operand)
    : operand;
}

const isAddressBytes = (text: string) => !/^[0-9a-f:.]+$/.test(text);

function addressBytes(text: string): string {
  if (isIPv4(text)) return String.fromCharCode(...text.split(".").map(Number));
  const [head = "", tail = ""] = text.split("::");
  const groups = (part: string) =>
    part
      .split(":")
      .filter((group) => group !== "")
      .map((group) => group.padStart(4, "0"))
      .join("");
  return hexBytes(groups(head).padEnd(32 - groups(tail).length, "0") + groups(tail));
}

function addressOf(bytes: string): string {
  const codes = [...bytes].map((byte) => byte.charCodeAt(0));
  if (codes.length === 4) return codes.join(".");
  return codes
    .map((code, i) => code.toString(16).padStart(2, "0") + (i % 2 === 1 && i < 15 ? ":" : ""))
    .join("");
}

function inNetwork(bytes: string, network: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const family = (text: string) => (isIPv4(text) ? "ipv4" : "ipv6");
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family(address));
  const text = addressOf(bytes);
  return family(address) === family(text) && list.check(text, family(text));
}

/** The patterns that tests make: `*`, `?`, sets without ranges of odd ends, escapes. */
function globMatches(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern.startsWith("*"))
    return globMatches(rest, text) || (text !== "" && globMatches(pattern, text.slice(1)));
  if (text === "") return false;
  if (pattern.startsWith("?")) return globMatches(rest, text.slice(1));
  if (pattern.startsWith("\\"))
    return rest.charAt(0) === text.charAt(0) && globMatches(rest.slice(1), text.slice(1));
  const set = /^\[(!?)([^\]]+)\]/.exec(pattern);
  if (set === null) return pattern.charAt(0) === text.charAt(0) && globMatches(rest, text.slice(1));
  const [whole, negated, members] = set;
  return (
    new RegExp(`[${members!}]`).test(text.charAt(0)) !== (negated === "!") &&
    globMatches(pattern.slice(whole.length), text.slice(1))
  );
}

function isPathPrefix(prefix: string, path: string): boolean {
  const components = (text: string) => text.split("/").filter((component) => component !== "");
  const [listed, given] = [components(prefix), components(path)];
  const fits = (listedOne: string, given: string) =>
    /[?*[]/.test(listedOne) ? globMatches(listedOne, given) : listedOne === given;
  return listed.every((component, index) => index < given.length && fits(component, given[index]!));
}

function evaluate(node: FieldNode | TransformerNode, event: MadeEvent): Side {
  if (node.kind === "field") {
    const use = madeSource.resolve(node.name, node.argument);
    if ("message" in use) throw new Error(use.message);
    return { value: event[use.text], type: use.type, list: use.list, use };
  }
  if (node.name === "val") return evaluate(node.args[0] as FieldNode, event);
  const args = node.args.map((arg): Side => {
    if (arg.kind === "value") return { value: arg.text, type: "CHARBUF", list: false };
    if (arg.kind !== "list") return evaluate(arg, event);
    const items = arg.items.map((item) => (item.kind === "value" ? item.text : evaluate(item, event).value));
    const missing = items.some((item) => item === undefined);
    return { value: missing ? undefined : items.map(String), type: "CHARBUF", list: true };
  });
  const first = args[0]!;
  const list =
    node.name === "getopt"
      ? node.argument === undefined
      : (node.name === "tolower" || node.name === "toupper") && first.list;
  const type =
    node.name === "len"
      ? "UINT64"
      : node.name === "concat" || node.name === "join" || node.name === "getopt"
        ? "CHARBUF"
        : first.type;
  const values = args.map((arg) => arg.value);
  return {
    value: values.includes(undefined) ? undefined : transformed(node, values as (Scalar | Scalar[])[]),
    type,
    list,
  };
}

function transformed(node: TransformerNode, args: (Scalar | Scalar[])[]): Value {
  const [first, second] = args;
  const each = (change: (text: string) => string) =>
    Array.isArray(first) ? first.map((item) => change(String(item))) : change(String(first));
  switch (node.name) {
    case "tolower":
      return each((text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
    case "toupper":
      return each((text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase()));
    case "basename":
      return String(first).split("/").at(-1)!;
    case "len":
      return Array.isArray(first) ? first.length : String(first).length;
    case "b64": {
      const text = String(first).replace(/=+$/, "");
      const bytes = Buffer.from(text, "base64");
      return bytes.toString("base64").replace(/=+$/, "").length === text.length &&
        !/[^A-Za-z0-9+/]/.test(text) &&
        !/===/.test(String(first))
        ? bytes.toString("latin1")
        : undefined;
    }
    case "concat":
      return args.join("");
    case "join":
      return (second as Scalar[]).join(String(first));
    case "getopt":
    case "val":
      throw new Error(`${node.name} has tests of its own`);
  }
}
