/** A condition for one type of event: what it says about evt.type is settled then, and falls out. */
import { compileCondition } from "../rules/condition/compile.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";

type Check = Extract<TypedExpr, { kind: "check" }>;

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
  switch (condition.kind) {
    case "check":
      return truth.get(condition) ?? condition;
    case "not": {
      const arg = specialise(condition.arg, truth);
      return typeof arg === "boolean" ? !arg : { kind: "not", arg };
    }
    case "and":
    case "or": {
      /** The value that settles all, and the one that falls out. */
      const settles = condition.kind === "or";
      const args: TypedExpr[] = [];
      for (const each of condition.args) {
        const arg = specialise(each, truth);
        if (arg === settles) return settles;
        if (typeof arg !== "boolean") args.push(arg);
      }
      if (args.length === 0) return !settles;
      return args.length === 1 ? args[0]! : { kind: condition.kind, args };
    }
  }
}
