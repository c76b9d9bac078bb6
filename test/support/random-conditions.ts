/** Random conditions over the made catalogue, correctly typed, and events that often satisfy parts of them. */
import fc from "fast-check";
import type {
  CheckNode,
  Expr,
  FieldNode,
  ListNode,
  Modifier,
  Operator,
  TransformerNode,
  ValueNode,
} from "../../agent/rules/condition/ast.ts";
import type { Scalar, Value } from "../../agent/rules/catalogue.ts";
import type { MadeEvent } from "./made-catalogue.ts";

const place = { at: 0, end: 0 };
const field = (text: string): FieldNode => {
  const [, name, argument] = /^([^[]+)(?:\[(.*)\])?$/.exec(text)!;
  return { kind: "field", name: name!, ...(argument !== undefined && { argument }), ...place };
};

const texts = [
  "",
  "a",
  "b",
  "ab",
  "A",
  "aB",
  "/a",
  "/a/b",
  "/a/b/c",
  "a//b",
  "/ab",
  "<NA>",
  "\xc3\xa9",
  "a\nb",
  "[a]",
  "*",
  "YWI=",
  "x\xff",
  "[",
  "a b",
  "not",
];
const globs = [
  "*",
  "a*",
  "?",
  "??",
  "[ab]*",
  "/a/*",
  "/*/b",
  "\\a",
  "[!a]",
  "*b",
  "*a*",
  "**b",
  "*[bc]",
  "a?",
  "/*/*/c",
  "A*",
  "[A-B]*",
  "a*a",
  "a*b*",
  "/*a*b",
  "*a*b*",
];
const regexes = [
  "a.*",
  ".*b",
  ".*a.*",
  "[ab]+",
  "(a|b)*",
  "/a(/b)?",
  "[^a]*",
  "a",
  "^a$",
  "/a/b/c",
  "a?b?",
  ".*/b.*",
  ".+",
  "(.*)b",
  "x|a",
];
const integers = [
  -1n,
  0n,
  1n,
  2n,
  3n,
  255n,
  256n,
  443n,
  65535n,
  4294967295n,
  4294967296n,
  9007199254740993n,
  (1n << 63n) - 1n,
];
const addresses: readonly (readonly [text: string, bytes: string])[] = [
  ["1.2.3.4", "\x01\x02\x03\x04"],
  ["10.0.0.1", "\x0a\0\0\x01"],
  ["10.200.0.1", "\x0a\xc8\0\x01"],
  ["::1", "\0".repeat(15) + "\x01"],
  ["fe80::1", "\xfe\x80" + "\0".repeat(13) + "\x01"],
  ["fd00::a:1", "\xfd" + "\0".repeat(12) + "\x0a\0\x01"],
];
const networks = [
  "10.0.0.0/8",
  "10.1.2.3/9",
  "0.0.0.0/0",
  "1.2.3.4/32",
  "1.2.3.0/25",
  "fe80::/10",
  "fd00::/8",
  "fd00::a:0/113",
  "::1/128",
];

const canonical = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** Fields of each kind of comparison, with what an event may hold and what constants may be. */
interface Family {
  readonly fields: readonly string[];
  readonly right?: readonly string[];
  readonly values: (field: string) => fc.Arbitrary<Exclude<Value, undefined>>;
  readonly constant: fc.Arbitrary<string>;
  readonly operators: readonly Operator[];
  readonly modifiers?: readonly Operator[];
}

const wide: Readonly<Record<string, readonly [signed: boolean, bits: number]>> = {
  "user.uid": [false, 32],
  "evt.rawarg.small": [false, 8],
  "fd.sport": [false, 16],
  "fd.port": [false, 16],
  "proc.duration": [false, 64],
};
const text = fc.constantFrom(...texts);
const integerOf = (name: string) => {
  const [signed, bits] = wide[name] ?? [true, 64];
  return fc
    .constantFrom(...integers)
    .map((value) => canonical(signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)));
};
const several = <Item extends Scalar>(item: fc.Arbitrary<Item>) => fc.array(item, { maxLength: 3 });
const equality: readonly Operator[] = ["=", "==", "!=", "in", "intersects"];
const textual: readonly Operator[] = [
  ...equality,
  "contains",
  "icontains",
  "startswith",
  "endswith",
  "glob",
  "iglob",
  "regex",
  "pmatch",
];

const families: readonly Family[] = [
  {
    fields: ["proc.name", "proc.pname", "fd.name", "proc.exepath"],
    right: ["proc.name", "fd.name", "tolower(proc.pname)"],
    values: () => text,
    constant: text,
    operators: textual,
    modifiers: ["=", "!=", "contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex"],
  },
  {
    fields: ["proc.aname"],
    values: () => several(text),
    constant: text,
    operators: textual,
    modifiers: ["=", "!=", "startswith"],
  },
  {
    fields: ["proc.pid", "fd.num", "evt.rawres"],
    right: ["proc.pid", "proc.ppid"],
    values: integerOf,
    constant: fc.constantFrom(...integers, -(1n << 63n)).map(String),
    operators: [...equality, "<", "<=", ">", ">="],
    modifiers: ["=", "!="],
  },
  {
    fields: ["user.uid", "evt.rawarg.small", "fd.sport", "proc.duration"],
    values: integerOf,
    constant: fc.constantFrom(...integers.slice(1), 70000n).map(String),
    operators: [...equality, "<", "<=", ">", ">="],
    modifiers: ["=", "!="],
  },
  {
    fields: ["fd.port"],
    values: (name) => fc.tuple(integerOf(name), integerOf(name)),
    constant: fc.constantFrom("https", "0", "1", "2", "3", "65535"),
    operators: ["=", "!=", "in"],
  },
  {
    fields: ["proc.apid"],
    values: (name) => several(integerOf(name)),
    constant: fc.constantFrom("0", "1", "2"),
    operators: ["=", "!=", "in", "<", ">="],
  },
  {
    fields: ["evt.failed"],
    values: () => fc.boolean(),
    constant: fc.constantFrom("true", "false"),
    operators: equality,
  },
  {
    fields: ["evt.buffer"],
    values: () => text,
    constant: fc.constantFrom("61", "6162", "c3a9", "", "FF"),
    operators: ["bcontains", "bstartswith", "=", "contains", "startswith", "endswith"],
  },
  {
    fields: ["fd.cip", "fd.sip"],
    right: ["fd.cip", "fd.sip"],
    values: () => fc.constantFrom(...addresses.map(([, bytes]) => bytes)),
    constant: fc.constantFrom(...addresses.map(([name]) => name)),
    operators: equality,
  },
  {
    fields: ["fd.ip"],
    values: () =>
      fc.tuple(
        fc.constantFrom(...addresses.map(([, bytes]) => bytes)),
        fc.constantFrom(...addresses.map(([, bytes]) => bytes)),
      ),
    constant: fc.constantFrom(...addresses.map(([name]) => name)),
    operators: ["=", "!=", "in"],
  },
  {
    fields: ["fd.snet"],
    values: () => fc.constantFrom(...addresses.map(([, bytes]) => bytes)),
    constant: fc.constantFrom(...networks),
    operators: equality,
  },
  {
    fields: ["fd.net"],
    values: () => several(fc.constantFrom(...addresses.map(([, bytes]) => bytes))),
    constant: fc.constantFrom(...networks),
    operators: ["=", "!=", "in"],
  },
  {
    fields: ["ka.images"],
    right: ["ka.images", "tolower(fd.types)"],
    values: () => several(text),
    constant: text,
    operators: ["in", "intersects"],
  },
  { fields: ["fd.types"], values: () => several(text), constant: text, operators: ["in", "intersects"] },
  {
    fields: ["ka.numbers"],
    values: () => several(fc.constantFrom(0, 1, 2)),
    constant: fc.constantFrom("0", "1", "2"),
    operators: ["in", "intersects"],
  },
  {
    fields: ["ka.flags"],
    values: () => several(fc.boolean()),
    constant: fc.constantFrom("true", "false"),
    operators: ["in", "intersects"],
  },
  {
    fields: ["ka.nets"],
    values: () => several(fc.constantFrom(...addresses.map(([, bytes]) => bytes))),
    constant: fc.constantFrom(...networks),
    operators: ["in", "intersects"],
  },
];

/** Transformer calls by what they give. */
const call = (
  name: TransformerNode["name"],
  ...args: TransformerNode["args"][number][]
): TransformerNode => ({ kind: "transformer", name, args, ...place });
const quotedValue = (value: string): ValueNode => ({ kind: "value", text: value, quoted: true, ...place });
const number = (value: string): ValueNode => ({ kind: "value", text: value, quoted: false, ...place });
const list = (...items: (ValueNode | FieldNode | TransformerNode)[]): ListNode => ({
  kind: "list",
  items,
  ...place,
});

const textCalls: readonly TransformerNode[] = [
  call("tolower", field("proc.name")),
  call("toupper", field("fd.name")),
  call("basename", field("fd.name")),
  call("b64", field("proc.name")),
  call("concat", field("proc.name"), quotedValue("/"), field("proc.pname")),
  call("concat", call("tolower", field("proc.name")), number("3")),
  call("join", quotedValue("/"), list(field("proc.name"), quotedValue("b"), field("proc.pid"))),
  call("join", quotedValue(","), field("fd.types")),
  call("tolower", call("basename", field("fd.name"))),
];
const numberCalls: readonly TransformerNode[] = [
  call("len", field("proc.name")),
  call("len", field("fd.types")),
  call("len", call("tolower", field("ka.images"))),
];

const isListOperator = (operator: Operator) =>
  operator === "in" || operator === "intersects" || operator === "pmatch";
const isNumberOperator = (operator: Operator) => /^[<>]/.test(operator);

function constantFor(
  operator: Operator,
  constant: fc.Arbitrary<string>,
  fieldIsText: boolean,
): fc.Arbitrary<ValueNode> {
  if (isNumberOperator(operator)) return (fieldIsText ? fc.constantFrom("1", "2") : constant).map(number);
  const pool = !fieldIsText
    ? constant
    : operator.endsWith("glob")
      ? fc.constantFrom(...globs)
      : operator === "regex"
        ? fc.constantFrom(...regexes)
        : operator === "pmatch"
          ? fc.constantFrom(...texts.filter((path) => path !== "["), ...globs)
          : constant;
  return pool.map(quotedValue);
}

function rightOf(
  operator: Operator,
  modifier: Modifier | undefined,
  constant: fc.Arbitrary<string>,
  fieldIsText: boolean,
): fc.Arbitrary<CheckNode["right"]> {
  const one = constantFor(operator, constant, fieldIsText);
  return isListOperator(operator) || modifier !== undefined
    ? fc.array(one, { maxLength: 5 }).map((items) => list(...items))
    : one;
}

const rightCalls: Readonly<Record<string, TransformerNode>> = {
  "tolower(proc.pname)": call("tolower", field("proc.pname")),
  "tolower(fd.types)": call("tolower", field("fd.types")),
};

function checkOf(family: Family, left: CheckNode["left"], isText: boolean): fc.Arbitrary<CheckNode> {
  const node = (operator: Operator, right?: CheckNode["right"], modifier?: Modifier): CheckNode => ({
    kind: "check",
    left,
    operator,
    ...(modifier && { modifier }),
    ...(right && { right }),
    ...place,
  });
  const plain = fc
    .constantFrom(...family.operators)
    .chain((operator) =>
      rightOf(operator, undefined, family.constant, isText).map((right) => node(operator, right)),
    );
  const choices = [fc.constant(node("exists")), plain, plain, plain];
  if (family.modifiers !== undefined)
    choices.push(
      fc
        .tuple(fc.constantFrom(...family.modifiers), fc.constantFrom<Modifier>("oneof", "anyof", "allof"))
        .chain(([operator, modifier]) =>
          rightOf(operator, modifier, family.constant, isText).map((right) =>
            node(operator, right, modifier),
          ),
        ),
    );
  const operators = family.operators.filter((operator) => operator !== "pmatch" && operator !== "regex");
  if (family.right !== undefined && family.right.length > 0)
    choices.push(
      fc
        .tuple(fc.constantFrom(...operators), fc.constantFrom(...family.right))
        .map(([operator, right]) => node(operator, rightCalls[right] ?? call("val", field(right)))),
    );
  return fc.oneof(...choices);
}

const fieldCheck = fc
  .constantFrom(...families)
  .chain((family) =>
    fc
      .constantFrom(...family.fields)
      .chain((name) => checkOf(family, field(name), family.operators.includes("glob"))),
  );
const textFamily: Family = { ...families[0]!, right: [] };
const callCheck = fc.oneof(
  fc.constantFrom(...textCalls).chain((left) => checkOf(textFamily, left, true)),
  fc
    .constantFrom(...numberCalls)
    .chain((left) =>
      checkOf({ ...families[3]!, constant: fc.constantFrom("0", "1", "2", "3") }, left, false),
    ),
);

/** Alternatives that begin with the same field, as exceptions make them. */
const exceptions = fc
  .array(
    fc.tuple(
      fc.constantFrom("proc.name", "proc.name", "proc.pid"),
      text,
      fc.constantFrom("0", "1", "2"),
      fieldCheck,
    ),
    { minLength: 3, maxLength: 9 },
  )
  .map((rows): Expr => ({
    kind: "or",
    args: rows.map(([name, word, count, other]): Expr => {
      const first: Expr =
        name === "proc.pid"
          ? { kind: "check", left: field(name), operator: "=", right: number(count), ...place }
          : {
              kind: "check",
              left: field(name),
              operator: "in",
              right: list(quotedValue(word), quotedValue("a")),
              ...place,
            };
      return { kind: "and", args: [first, other], ...place };
    }),
    ...place,
  }));

/** A condition without macros. */
export const randomCondition: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      { weight: 12, arbitrary: fieldCheck },
      { weight: 3, arbitrary: callCheck },
      { weight: 1, arbitrary: exceptions },
    ),
    tie("expr").map((arg): Expr => ({ kind: "not", arg, ...place })),
    fc
      .tuple(
        fc.constantFrom<"and" | "or">("and", "or"),
        fc.array(tie("expr"), { minLength: 2, maxLength: 6 }),
      )
      .map(([kind, args]): Expr => ({ kind, args, ...place })),
  ),
})).expr;

/** An event in which each field is missing one time in five. */
export const randomEvent: fc.Arbitrary<MadeEvent> = fc.record(
  Object.fromEntries([
    ["proc.ppid", fc.option(integerOf("proc.ppid"), { nil: undefined })],
    ...families.flatMap((family) =>
      family.fields.map((name): [string, fc.Arbitrary<Value>] => [
        name,
        fc.option(family.values(name), { nil: undefined, freq: 5 }),
      ]),
    ),
  ]),
);
