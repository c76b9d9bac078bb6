/**
 * An equal condition that is faster to try. Checks have no effect and cannot fail, so the order of `and` and `or` is
 * free: what is cheap comes first. What is nested for no reason is made flat, and `f = a or f in (b, c)` one look-up.
 */
import type { Operator } from "./ast.ts";
import { typeFacts } from "./operators.ts";
import type { Operand, TypedExpr } from "./typed.ts";

type Check = Extract<TypedExpr, { kind: "check" }>;

/** Flat, merged and ordered. */
export function simplify(expr: TypedExpr): TypedExpr {
  return simplified(expr).expr;
}

/** Rough steps of trying a condition: what its order of evaluation goes by. */
export function conditionCost(expr: TypedExpr): number {
  return simplified(expr).cost;
}

interface Costed {
  readonly expr: TypedExpr;
  readonly cost: number;
}

function simplified(expr: TypedExpr): Costed {
  switch (expr.kind) {
    case "check":
      return { expr, cost: checkCost(expr) };
    case "not": {
      const { expr: arg, cost } = simplified(expr.arg);
      return { expr: arg.kind === "not" ? arg.arg : { kind: "not", arg }, cost };
    }
    case "and":
    case "or": {
      const { kind } = expr;
      const flat = flatten(expr.args, kind);
      const args = (kind === "or" ? merged(flat) : flat).map(simplified).sort((a, b) => a.cost - b.cost);
      const cost = args.reduce((sum, arg) => sum + arg.cost, 0);
      return args.length === 1 ? args[0]! : { expr: { kind, args: args.map((arg) => arg.expr) }, cost };
    }
  }
}

function flatten(args: readonly TypedExpr[], kind: "and" | "or"): TypedExpr[] {
  return args.flatMap((arg) => (arg.kind === kind ? flatten(arg.args, kind) : [arg]));
}

/** Equality checks of one field as one check. */
function merged(args: readonly TypedExpr[]): TypedExpr[] {
  const byField = new Map<string, Check[]>();
  const rest: TypedExpr[] = [];
  for (const arg of args) {
    const key = arg.kind === "check" ? mergeKey(arg) : undefined;
    const known = key === undefined ? rest : byField.get(key);
    if (known !== undefined) known.push(arg);
    else byField.set(key!, [arg as Check]);
  }
  const joined = [...byField.values()].map(([first, ...others]): Check =>
    others.length === 0
      ? first!
      : {
          kind: "check",
          left: first!.left,
          operator: "in",
          values: [first!, ...others].flatMap((check) => check.values!),
        },
  );
  return [...joined, ...rest];
}

function mergeKey({ left, operator, modifier, values }: Check): string | undefined {
  if (left.kind !== "field" || left.field.list || left.field.name === "evt.around") return undefined;
  const equality = operator === "=" || operator === "==" || operator === "in";
  return equality && modifier === undefined && values !== undefined ? left.field.text : undefined;
}

/** Rough steps of an operator on one value. */
const operatorCost: Partial<Record<Operator, number>> = {
  contains: 2,
  icontains: 6,
  glob: 4,
  iglob: 6,
  pmatch: 6,
  regex: 30,
};

function checkCost({ left, operator, modifier, values, right }: Check): number {
  const each = operatorCost[operator] ?? 1;
  const times = modifier === undefined ? 1 : (values?.length ?? 1);
  return operandCost(left) + each * times + (right === undefined ? 0 : operandCost(right));
}

/** Rough steps of reading: numbers lie in the record, texts must be made, ancestors are walked. */
function operandCost(operand: Operand): number {
  if (operand.kind === "transformer")
    return operand.args.reduce(
      (sum, arg) => sum + (arg.kind === "field" || arg.kind === "transformer" ? operandCost(arg) : 1),
      8,
    );
  if (operand.field.quantifier !== "none") return 8;
  const { comparison } = typeFacts[operand.field.type];
  return comparison === "string" || comparison === "bytes" ? 3 : 1;
}
