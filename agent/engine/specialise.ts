/** A condition for one type of event: what it says about evt.type is settled then, and falls out. */
import { compileCondition } from "../rules/condition/compile.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";
import { settle, type Check } from "./settle.ts";

/** The checks of evt.type against constants, in order. */
export function typeChecks(condition: TypedExpr, found: Check[] = []): Check[] {
  if (condition.kind === "check") {
    const { left, right } = condition;
    const isType = left.kind === "field" && left.field.name === "evt.type" && right === undefined;
    if (isType) found.push(condition);
  } else if (condition.kind === "not") typeChecks(condition.arg, found);
  else for (const arg of condition.args) typeChecks(arg, found);
  return found;
}

/** Whether a check of evt.type holds for an event of that name: judged by the language itself. */
export function holdsFor(check: Check, name: string): boolean {
  return compileCondition<undefined>(check, { reader: () => () => name, exists: () => () => true })(
    undefined,
  );
}

/** `condition` where the checks in `truth` are known; true or false where that settles it. */
export function specialise(
  condition: TypedExpr,
  truth: ReadonlyMap<TypedExpr, boolean>,
): TypedExpr | boolean {
  return settle(condition, (check) => truth.get(check) ?? check);
}
