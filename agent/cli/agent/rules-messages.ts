/** What the thread that compiles rules is told; it answers with LoadedRules (agent.ts). All plain data. */
import type { LabelPairs } from "../../rules/label-selector.ts";
import type { SetText } from "../cluster/set-index.ts";
import type { CompileOptions } from "../../rules/options.ts";

/** Where the text of rules is. */
export type RulesInput =
  | {
      readonly kind: "files";
      /** Files and folders in order. */
      readonly paths: readonly string[];
      /** Paths that do not exist are left out: they come from the settings, not from the command line. */
      readonly skipMissing: boolean;
    }
  /** A cluster's set. */
  | { readonly kind: "set"; readonly set: SetText };

/** Given to the thread at its start; it answers once and ends. */
export interface RulesThreadData {
  readonly input: RulesInput;
  readonly options: CompileOptions;
  /** Setting static_fields, as byte strings. */
  readonly staticFields: ReadonlyMap<string, string>;
  /** Labels of this node; undefined: not known. */
  readonly nodeLabels: LabelPairs | undefined;
  /** Sources that are on. */
  readonly sources: readonly string[];
}
