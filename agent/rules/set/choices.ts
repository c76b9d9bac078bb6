/** The settings `rules` and `priority`, in the form of a set and in the compiler's. */
import { toPriority } from "../files/priority.ts";
import type { CompileOptions, SelectionStep } from "../options.ts";
import type { RuleSet, SetChoice } from "./rule-set.ts";

/** Steps as a set holds them. */
export function choicesOf(selection: readonly SelectionStep[]): SetChoice[] {
  return selection.map(({ action, rule, tag }) => ({
    [action]: { ...(rule === undefined ? {} : { rule }), ...(tag === undefined ? {} : { tag }) },
  }));
}

/** What a set's choices mean to the compiler. A priority that nobody knows leaves all rules in. */
export function selectionOf({ choices, priority }: Pick<RuleSet, "choices" | "priority">): CompileOptions {
  const selection = choices.flatMap((choice): SelectionStep[] =>
    (["disable", "enable"] as const).flatMap((action) => {
      const step = choice[action];
      return step === undefined ? [] : [{ action, ...step }];
    }),
  );
  return { selection, minimumPriority: toPriority(priority) ?? 7 };
}
