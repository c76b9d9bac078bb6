/**
 * A checked condition → one closure. All that depends on the condition alone is settled here: sets, patterns, networks,
 * order of evaluation. A check of a field that an event lacks is false, whatever its operator (condition-language 4.1).
 */
import type { FieldReader, FieldReaders, FieldUse, Scalar, Value } from "../catalogue.ts";
import { branchesOf } from "./branches.ts";
import { memberTest, modifierTest, pairTest, scalarTest } from "./compare.ts";
import type { ScalarTest } from "./compare.ts";
import { operandReader } from "./operand-reader.ts";
import { operandShape } from "./operand.ts";
import { simplify } from "./simplify.ts";
import type { Network, Operand, TypedExpr } from "./typed.ts";

export type Test<E> = (event: E) => boolean;

type Check = Extract<TypedExpr, { kind: "check" }>;

/** The condition as a function of an event. It never throws where readers do not. */
export function compileCondition<E>(typed: TypedExpr, readers: FieldReaders<E>): Test<E> {
  return compile(simplify(typed), readers);
}

function compile<E>(expr: TypedExpr, readers: FieldReaders<E>): Test<E> {
  switch (expr.kind) {
    case "and":
      return conjunction(expr.args.map((arg) => compile(arg, readers)));
    case "or":
      return alternatives(expr.args, readers);
    case "not": {
      const test = compile(expr.arg, readers);
      return (event) => !test(event);
    }
    case "check":
      return check(expr, readers);
  }
}

/** All of the tests, in order; two, three and four without a loop. */
function conjunction<E>(tests: readonly Test<E>[]): Test<E> {
  const [a, b, c, d] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  if (c === undefined) return (event) => a(event) && b(event);
  if (d === undefined) return (event) => a(event) && b(event) && c(event);
  if (tests.length === 4) return (event) => a(event) && b(event) && c(event) && d(event);
  return (event) => {
    for (const test of tests) if (!test(event)) return false;
    return true;
  };
}

function alternatives<E>(args: readonly TypedExpr[], readers: FieldReaders<E>): Test<E> {
  const branches = branchesOf(args);
  if (branches === undefined) return disjunction(args.map((arg) => compile(arg, readers)));
  const compiled = new Map<TypedExpr, Test<E>>();
  const once = (expr: TypedExpr) => {
    const test = compiled.get(expr) ?? compile(expr, readers);
    compiled.set(expr, test);
    return test;
  };
  const tests = new Map<Value, Test<E>>();
  for (const [value, exprs] of branches.byValue) tests.set(value, disjunction(exprs.map(once)));
  const read = readers.reader(branches.field);
  const rest = disjunction(branches.rest.map(once));
  return (event) => {
    const test = tests.get(read(event));
    return (test !== undefined && test(event)) || rest(event);
  };
}

function disjunction<E>(tests: readonly Test<E>[]): Test<E> {
  const [a, b, c, d] = tests;
  if (a === undefined) return () => false;
  if (b === undefined) return a;
  if (c === undefined) return (event) => a(event) || b(event);
  if (d === undefined) return (event) => a(event) || b(event) || c(event);
  if (tests.length === 4) return (event) => a(event) || b(event) || c(event) || d(event);
  return (event) => {
    for (const test of tests) if (test(event)) return true;
    return false;
  };
}

function check<E>(node: Check, readers: FieldReaders<E>): Test<E> {
  const { left, operator, right } = node;
  if (left.kind === "field") {
    if (operator === "exists") return readers.exists(left.field);
    if (left.field.name === "evt.around") return around(left.field, node, readers);
  }
  const read = operandReader(left, readers);
  if (operator === "exists") return (event) => read(event) !== undefined;
  if (right !== undefined) return pair(node, read, operandReader(right, readers));
  if (operandShape(left).list) return listTest(node, read);
  const quantifier = left.kind === "field" ? left.field.quantifier : "none";
  return quantifier === "none" ? scalar(node, read) : quantified(node, quantifier, read);
}

/** One value. The commonest operators without a further call. */
function scalar<E>({ operator, modifier, values = [] }: Check, read: FieldReader<E>): Test<E> {
  const [constant] = values;
  if (modifier === undefined && typeof constant === "string") {
    if (operator === "startswith")
      return (event) => {
        const value = read(event);
        return typeof value === "string" && value.startsWith(constant);
      };
    if (operator === "contains")
      return (event) => {
        const value = read(event);
        return typeof value === "string" && value.includes(constant);
      };
  }
  if (modifier === undefined && values.length === 1 && typeof constant !== "object") {
    if (operator === "=" || operator === "==" || operator === "in" || operator === "intersects")
      return (event) => read(event) === constant;
    if (operator === "!=")
      return (event) => {
        const value = read(event);
        return value !== undefined && value !== constant;
      };
  }
  if (modifier === undefined && (operator === "in" || operator === "intersects")) {
    const member = memberOf(values, read);
    if (member !== undefined) return member;
  }
  const test =
    modifier === undefined ? scalarTest(operator, values) : modifierTest(operator, modifier, values);
  return (event) => {
    const value = read(event);
    return value !== undefined && test(value as Scalar);
  };
}

/** One value among several constants: two and three compared in place, more looked up. Undefined for networks. */
function memberOf<E>(values: readonly (Scalar | Network)[], read: FieldReader<E>): Test<E> | undefined {
  const [a, b, c] = values;
  if (a === undefined || typeof a === "object") return undefined;
  if (values.length === 2)
    return (event) => {
      const value = read(event);
      return value === a || value === b;
    };
  if (values.length === 3)
    return (event) => {
      const value = read(event);
      return value === a || value === b || value === c;
    };
  const set = new Set<Value | Network>(values);
  return (event) => set.has(read(event));
}

/**
 * Several values for one field (condition-language 6): some of them must pass; under "either" and `!=` all of them.
 * Modifiers are not known there, only the first constant counts.
 */
function quantified<E>(node: Check, quantifier: "any" | "either", read: FieldReader<E>): Test<E> {
  const values = node.values ?? [];
  const test = scalarTest(node.operator, node.modifier === undefined ? values : values.slice(0, 1));
  const every = quantifier === "either" && node.operator === "!=";
  return (event) => {
    const value = read(event);
    if (value === undefined) return false;
    if (typeof value !== "object") return test(value);
    return every ? value.length > 0 && allPass(test, value) : somePass(test, value);
  };
}

function somePass(test: ScalarTest, values: readonly Scalar[]): boolean {
  for (const value of values) if (test(value)) return true;
  return false;
}

function allPass(test: ScalarTest, values: readonly Scalar[]): boolean {
  for (const value of values) if (!test(value)) return false;
  return true;
}

/** A field that is a list: `in` is "all of it", `intersects` "some of it". */
function listTest<E>({ operator, values = [] }: Check, read: FieldReader<E>): Test<E> {
  const test = memberTest(values);
  const passes = operator === "in" && values.length > 0 ? allPass : somePass;
  return (event) => {
    const value = read(event);
    return value !== undefined && passes(test, typeof value === "object" ? value : [value]);
  };
}

function pair<E>({ operator, left }: Check, read: FieldReader<E>, readRight: FieldReader<E>): Test<E> {
  const test = pairTest(operator);
  if (!operandShape(left).list)
    return (event) => {
      const value = read(event);
      const right = value === undefined ? undefined : readRight(event);
      return right !== undefined && test(value as Scalar, right as Scalar);
    };
  const passes = operator === "in" ? allPass : somePass;
  return (event) => {
    const value = read(event);
    const right = value === undefined ? undefined : readRight(event);
    return right !== undefined && passes((item) => asList(right).includes(item), asList(value));
  };
}

const asList = (value: Value): readonly Scalar[] =>
  typeof value === "object" ? value : value === undefined ? [] : [value];

/** evt.around[T] = D: the event's time is at most D milliseconds from T (nanoseconds since the epoch). */
function around<E>(field: FieldUse, { values = [] }: Check, readers: FieldReaders<E>): Test<E> {
  const read = readers.reader({
    text: "evt.rawtime",
    name: "evt.rawtime",
    type: "ABSTIME",
    list: false,
    quantifier: "none",
  });
  const middle = /^\d{1,20}$/.test(field.argument ?? "") ? BigInt(field.argument!) : undefined;
  if (middle === undefined) return () => false;
  const distance = BigInt(values[0] as number | bigint) * 1_000_000n;
  return (event) => {
    const value = read(event);
    if (typeof value !== "number" && typeof value !== "bigint") return false;
    const far = BigInt(value) - middle;
    return (far < 0n ? -far : far) <= distance;
  };
}

/** Fields a condition reads, each once by its text; the engine and the fields' readers plan by it. */
export function conditionFields(
  typed: TypedExpr,
  found = new Map<string, FieldUse>(),
): ReadonlyMap<string, FieldUse> {
  if (typed.kind === "not") conditionFields(typed.arg, found);
  else if (typed.kind !== "check") for (const arg of typed.args) conditionFields(arg, found);
  else
    for (const operand of [typed.left, typed.right]) if (operand !== undefined) operandFields(operand, found);
  return found;
}

/** Fields an operand reads, each once by its text. */
export function operandFields(operand: Operand, found: Map<string, FieldUse>): void {
  if (operand.kind === "field") {
    if (!found.has(operand.field.text)) found.set(operand.field.text, operand.field);
    return;
  }
  for (const arg of operand.args) {
    if (arg.kind === "list") {
      for (const item of arg.items) if (item.kind !== "constant") operandFields(item, found);
    } else if (arg.kind !== "constant") operandFields(arg, found);
  }
}
