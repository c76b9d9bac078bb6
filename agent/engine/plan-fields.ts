/** Which fields a rule reads, in its condition and in its output. */
import type { FieldUse } from "../rules/catalogue.ts";
import type { Operand, TypedExpr } from "../rules/condition/typed.ts";
import type { OutputPlan, OutputToken, RulePlan } from "../rules/plan.ts";

type Argument = Extract<Operand, { kind: "transformer" }>["args"][number];

function* inOperand(operand: Operand | Argument): Generator<FieldUse> {
  if (operand.kind === "field") yield operand.field;
  else if (operand.kind === "list") for (const item of operand.items) yield* inOperand(item);
  else if (operand.kind === "transformer") for (const argument of operand.args) yield* inOperand(argument);
}

/** Every field token of a condition, as often as it stands there. */
export function* conditionFields(condition: TypedExpr): Generator<FieldUse> {
  switch (condition.kind) {
    case "and":
    case "or":
      for (const argument of condition.args) yield* conditionFields(argument);
      return;
    case "not":
      yield* conditionFields(condition.arg);
      return;
    case "check":
      yield* inOperand(condition.left);
      if (condition.right !== undefined) yield* inOperand(condition.right);
  }
}

function* inTokens(tokens: readonly OutputToken[]): Generator<FieldUse> {
  for (const token of tokens) if (token.kind === "value") yield* inOperand(token.operand);
}

/** Every field token of an output template, extra fields included. */
export function* outputFields(output: OutputPlan): Generator<FieldUse> {
  yield* inTokens(output.tokens);
  yield* output.fields;
  for (const extra of output.extra)
    if (extra.kind === "field") yield extra.field;
    else yield* inTokens(extra.tokens);
}

/** Every field token of a rule. */
export function* ruleFields(rule: RulePlan): Generator<FieldUse> {
  yield* conditionFields(rule.condition);
  yield* outputFields(rule.output);
}
