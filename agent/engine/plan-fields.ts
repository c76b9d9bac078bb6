/** Which fields a rule reads, in its condition and in its output. */
import type { FieldUse } from "../rules/catalogue.ts";
import { conditionFields, operandFields } from "../rules/condition/compile.ts";
import type { OutputToken, RulePlan } from "../rules/plan.ts";

/** Every field token of a rule, each once. */
export function ruleFields({ condition, output }: RulePlan): Iterable<FieldUse> {
  const found = new Map<string, FieldUse>();
  conditionFields(condition, found);
  const tokens = (all: readonly OutputToken[]) => {
    for (const token of all) if (token.kind === "value") operandFields(token.operand, found);
  };
  tokens(output.tokens);
  for (const field of output.fields) found.set(field.text, field);
  for (const extra of output.extra)
    if (extra.kind === "field") found.set(extra.field.text, extra.field);
    else tokens(extra.tokens);
  return found.values();
}
