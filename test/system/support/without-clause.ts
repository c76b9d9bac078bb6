/** A condition from which one clause is taken: shows that a twin differs in that clause alone. */
import { parseCondition } from "../../../agent/rules/condition/parser.ts";
import type { Expr } from "../../../agent/rules/condition/ast.ts";

/** Always true, and says nothing about the type of the event. */
const always = "evt.num > 0";

/**
 * `condition` with the smallest part of an `and` around `clause` (its text, or the beginning of it) made true.
 * @throws Error where the condition has no such text, or it stands in no `and`.
 */
export function withoutClause(condition: string, clause: string): string {
  const at = condition.indexOf(clause);
  if (at < 0) throw new Error(`no clause ${clause} in ${condition}`);
  const part = smallest(parseCondition(condition), at);
  if (part === undefined) throw new Error(`${clause} is no part of an "and" in ${condition}`);
  return `${condition.slice(0, part.at)} ${always} ${condition.slice(part.end)}`;
}

/** The innermost argument of an `and` that covers position `at`. */
function smallest(expr: Expr, at: number): Expr | undefined {
  if (at < expr.at || at >= expr.end) return undefined;
  if (expr.kind === "not") return smallest(expr.arg, at);
  if (expr.kind !== "and" && expr.kind !== "or") return undefined;
  const arg = expr.args.find((each) => at >= each.at && at < each.end);
  if (arg === undefined) return undefined;
  return smallest(arg, at) ?? (expr.kind === "and" ? arg : undefined);
}
