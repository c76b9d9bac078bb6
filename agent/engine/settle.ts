/** A condition of which some checks are known already. */
import type { TypedExpr } from "../rules/condition/typed.ts";

export type Check = Extract<TypedExpr, { kind: "check" }>;

/**
 * What a check gives, or the check itself where that is not known. `favour` is the answer that lets the condition hold
 * rather than fail: false below an odd number of `not`.
 */
export type KnownCheck = (check: Check, favour: boolean) => boolean | Check;

/** `condition` without the checks that are known; a boolean where they settle it. */
export function settle(condition: TypedExpr, known: KnownCheck, favour = true): TypedExpr | boolean {
  switch (condition.kind) {
    case "check":
      return known(condition, favour);
    case "not": {
      const arg = settle(condition.arg, known, !favour);
      return typeof arg === "boolean" ? !arg : { kind: "not", arg };
    }
    case "and":
    case "or": {
      /** The value that settles all, and the one that falls out. */
      const settles = condition.kind === "or";
      const args: TypedExpr[] = [];
      for (const each of condition.args) {
        const arg = settle(each, known, favour);
        if (arg === settles) return settles;
        if (typeof arg !== "boolean") args.push(arg);
      }
      if (args.length === 0) return !settles;
      return args.length === 1 ? args[0]! : { kind: condition.kind, args };
    }
  }
}
