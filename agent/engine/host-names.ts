/** Which host names the rules of a set compare addresses with (fd.sip.name and its like). */
import type { TypedExpr } from "../rules/condition/typed.ts";
import type { RuleSetPlan } from "../rules/plan.ts";

const addressName = /^fd\.([cslr])?ip\.name$/;

/** Names in conditions on fd.ip.name, fd.cip.name, fd.sip.name, fd.lip.name and fd.rip.name, each once, sorted. */
export function hostNames({ rules }: Pick<RuleSetPlan, "rules">): readonly string[] {
  const names = new Set<string>();
  for (const { condition } of rules) collect(condition, names);
  return [...names].sort();
}

function collect(expr: TypedExpr, names: Set<string>): void {
  switch (expr.kind) {
    case "and":
    case "or":
      for (const arg of expr.args) collect(arg, names);
      return;
    case "not":
      collect(expr.arg, names);
      return;
    case "check": {
      if (expr.left.kind !== "field" || !addressName.test(expr.left.field.name)) return;
      for (const value of expr.values ?? []) if (typeof value === "string" && value !== "") names.add(value);
    }
  }
}
