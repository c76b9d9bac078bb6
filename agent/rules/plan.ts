/** A compiled rule set as plain data: what a parsing worker hands to the capture thread (design: swap, never stop). */
import type { FieldUse } from "./catalogue.ts";
import type { Operand, TypedExpr } from "./condition/typed.ts";

/** Falco's numbers: Emergency 0 … Debug 7. */
export type Priority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
export const priorityNames = [
  "Emergency",
  "Alert",
  "Critical",
  "Error",
  "Warning",
  "Notice",
  "Informational",
  "Debug",
] as const;

/** A piece of an output template: literal text, or a value with its key in output_fields (undefined: no key). */
export type OutputToken =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly operand: Operand; readonly width?: number };

/** The output template of one rule, append_output's extra_output included. */
export interface OutputPlan {
  readonly tokens: readonly OutputToken[];
  /** Keys of output_fields, each once, in text order: fields of tokens, inner fields of transformers. */
  readonly fields: readonly FieldUse[];
  /** extra_fields: raw fields under their own name, or formatted strings under a key. */
  readonly extra: readonly (
    | { readonly kind: "field"; readonly field: FieldUse }
    | { readonly kind: "format"; readonly key: string; readonly tokens: readonly OutputToken[] }
  )[];
}

/** Who a rule is: within a namespace a redefinition keeps the first one's identity. */
export interface RuleIdentity {
  readonly namespace: string;
  readonly object: string;
  readonly rule: string;
}

/** A Kubernetes label selector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

/** Where a FalcoRule applies; each absent part lets everything through. */
export interface RuleSelector {
  /** Names of namespaces, sorted: what `namespaceSelector` selects at the moment. The operator resolves it; in files it is absent. */
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
  readonly nodeSelector?: LabelSelector;
}

export interface RulePlan {
  readonly identity: RuleIdentity;
  readonly rule: string;
  readonly desc: string;
  readonly priority: Priority;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  readonly source: string;
  readonly condition: TypedExpr;
  /** Condition text after expansion of exceptions, for describing. */
  readonly conditionText: string;
  /** Codes of the event table it can match (condition-language 7); "all" where it says nothing. Sorted. */
  readonly events: readonly number[] | "all";
  readonly output: OutputPlan;
  /** Sinks named by the object; undefined: all that let it through. */
  readonly sinks?: readonly string[];
  /** Only pods of this namespace (a team's object); undefined: everywhere. */
  readonly onlyNamespace?: string;
  /** Only where the object's selector matches: where its data is unknown, nowhere. */
  readonly selector?: RuleSelector;
  /** Start a capture file when the rule fires, for so many milliseconds (0: the configured default). */
  readonly capture?: { readonly duration: number };
}

export interface RuleSetPlan {
  /** SHA-256 (hex) over the set's canonical JSON (RFC 8785): set/digest.ts. */
  readonly digest: string;
  /** Enabled rules in evaluation order. */
  readonly rules: readonly RulePlan[];
}
