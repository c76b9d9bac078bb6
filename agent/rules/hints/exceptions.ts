/** Exceptions that except everything. */
import type { Expr } from "../condition/ast.ts";
import { printCondition } from "../condition/printer.ts";
import { checksOf, spotOf, valuesOf, type RuleHint, type RuleHints, type Spot } from "./hint.ts";
import { holdsForAll } from "./values.ts";

/** One part of a conjunction: an equal text is an equal part. */
interface Part {
  readonly key: string;
  readonly spot: Spot;
}

/** A check as text; a list of one value is that value. */
function keyOf(expr: Expr): string {
  if (
    expr.kind !== "check" ||
    expr.operator !== "in" ||
    expr.right?.kind !== "list" ||
    expr.right.items.length !== 1
  )
    return printCondition(expr);
  const [value] = expr.right.items;
  return value?.kind === "value"
    ? printCondition({ ...expr, operator: "=", right: value })
    : printCondition(expr);
}

/** The parts that must all be true; what is negated counts as one part. */
export function conjuncts(
  expr: Expr,
  macros: readonly string[] = [],
): (Part & { readonly expr: Expr; readonly macros: readonly string[] })[] {
  if (expr.kind === "and") return expr.args.flatMap((arg) => conjuncts(arg, macros));
  if (expr.kind === "macro" && expr.body !== undefined) return conjuncts(expr.body, [...macros, expr.name]);
  if (expr.kind === "or" && expr.args.length === 1) return conjuncts(expr.args[0]!, macros);
  return [{ key: keyOf(expr), spot: { at: expr.at, end: expr.end, macros }, expr, macros }];
}

/** The alternatives of what is negated. */
function alternatives(expr: Expr): readonly Expr[] {
  if (expr.kind === "macro" && expr.body !== undefined) return alternatives(expr.body);
  return expr.kind === "or" ? expr.args : [expr];
}

const message = "this excepts everything the rule looks for, so the rule can never raise an alert";

function trivially(expr: Expr): boolean {
  const checks = checksOf(expr);
  return (
    checks.length > 0 &&
    checks.every(
      ({ node, needed }) => needed && valuesOf(node).some(({ text }) => holdsForAll(node.operator, text)),
    )
  );
}

/** `not` of something that the rest of the condition demands, or that is true of every value. */
export const swallowing: RuleHints = function* ({ rule }) {
  const parts = conjuncts(rule.condition.expr);
  const demanded = new Set(parts.filter(({ expr }) => expr.kind !== "not").map(({ key }) => key));
  for (const { expr, macros } of parts) {
    if (expr.kind !== "not") continue;
    for (const alternative of alternatives(expr.arg)) {
      const isDemanded = conjuncts(alternative).every(({ key }) => demanded.has(key));
      if (!isDemanded && !trivially(alternative)) continue;
      const [first] = checksOf(alternative);
      const spot =
        first === undefined
          ? { at: expr.at, end: expr.end, macros }
          : spotOf({ ...first, macros: [...macros, ...first.macros] });
      const hint: RuleHint = { code: "TIERCEL_EXCEPTION_SWALLOWS_ALL", message, spot };
      yield hint;
    }
  }
};
