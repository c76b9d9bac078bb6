/** What the main thread and the thread that compiles rules say to each other. All plain data. */
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { CompileOptions } from "../../rules/options.ts";

/** Given to the thread at its start; it answers once and ends. */
export interface RulesThreadData {
  /** Files and folders in order. */
  readonly paths: readonly string[];
  /** Paths that do not exist are left out: they come from the settings, not from the command line. */
  readonly skipMissing: boolean;
  readonly options: CompileOptions;
}

export interface RulesThreadAnswer {
  /** Undefined where there were mistakes. */
  readonly plan: RuleSetPlan | undefined;
  readonly files: readonly string[];
  readonly mistakes: string;
  readonly warnings: readonly string[];
}
