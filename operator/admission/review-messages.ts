/** What the operator and its thread for reviews say to each other. */
import type { SetObject } from "../../agent/rules/set/rule-set.ts";
import type { RuleReview } from "./rule-reviewer.ts";

export interface ReviewThreadData {
  readonly operatorNamespace: string;
}

export type ToThread =
  | { readonly kind: "know"; readonly key: string; readonly definitions: SetObject | undefined }
  | {
      readonly kind: "review";
      readonly id: number;
      readonly object: SetObject;
      readonly bases: readonly SetObject[];
    };

export interface FromThread {
  readonly id: number;
  readonly review: RuleReview;
}
