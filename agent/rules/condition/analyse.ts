/** All that is settled about a condition before there is an event, or all that is wrong with it. */
import type { Catalogue, SourceCatalogue } from "../catalogue.ts";
import type { Expr } from "./ast.ts";
import { checkCondition } from "./check.ts";
import type { CheckedCondition } from "./check.ts";
import { ConditionError } from "./error.ts";
import { eventCodes } from "./event-codes.ts";

export interface AnalysedCondition extends CheckedCondition {
  /** Codes of the event table it can match, sorted; "all" where it says nothing. */
  readonly events: readonly number[] | "all";
}

/**
 * Event codes and types of a condition whose macros were put in.
 * @throws ConditionError: Falco's first mistake, which is one about events if there is any, the rest in `others`.
 */
export function analyseCondition(
  expr: Expr,
  source: SourceCatalogue,
  catalogue: Catalogue,
): AnalysedCondition {
  const errors: ConditionError[] = [];
  const events = collected(() => eventCodes(expr, catalogue.events), errors);
  const checked = collected(() => checkCondition(expr, source, catalogue), errors);
  const [first, ...others] = errors;
  if (events !== undefined && checked !== undefined) return { ...checked, events };
  first!.others = others;
  throw first!;
}

function collected<Result>(make: () => Result, errors: ConditionError[]): Result | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    errors.push(error, ...error.others);
    return undefined;
  }
}
