/**
 * A condition as parsed (condition-language 1). Offsets count UTF-16 units from the start of the condition's text, after
 * exception expansion and list substitution; `end` is exclusive. No field, type or value has been looked at yet.
 */
import type { ByteString } from "../catalogue.ts";

export type Operator =
  | "exists"
  | "<="
  | "<"
  | ">="
  | ">"
  | "=="
  | "="
  | "!="
  | "glob"
  | "iglob"
  | "contains"
  | "icontains"
  | "bcontains"
  | "startswith"
  | "bstartswith"
  | "endswith"
  | "regex"
  | "intersects"
  | "in"
  | "pmatch";

export type Modifier = "oneof" | "anyof" | "allof";

export type TransformerName =
  "tolower" | "toupper" | "b64" | "basename" | "len" | "join" | "concat" | "getopt" | "val";

export interface Place {
  readonly at: number;
  readonly end: number;
}

/** `f`, `f[arg]`: argument undefined where there were no brackets. */
export interface FieldNode extends Place {
  readonly kind: "field";
  readonly name: string;
  readonly argument?: string;
  /** The argument stood in quotes. */
  readonly quotedArgument?: boolean;
}

/** A constant: the bytes of what was written, escapes already resolved (a list name or number is ASCII anyway). */
export interface ValueNode extends Place {
  readonly kind: "value";
  readonly text: ByteString;
  readonly quoted: boolean;
}

export interface ListNode extends Place {
  readonly kind: "list";
  readonly items: readonly (ValueNode | FieldNode | TransformerNode)[];
}

export interface TransformerNode extends Place {
  readonly kind: "transformer";
  readonly name: TransformerName;
  readonly args: readonly (FieldNode | TransformerNode | ValueNode | ListNode)[];
  readonly argument?: string;
}

export interface CheckNode extends Place {
  readonly kind: "check";
  readonly left: FieldNode | TransformerNode;
  readonly operator: Operator;
  readonly modifier?: Modifier;
  /** Absent for exists. A bare identifier after a list operator is a list of one bare value. */
  readonly right?: ValueNode | ListNode | TransformerNode;
}

export type Expr =
  | (Place & { readonly kind: "and" | "or"; readonly args: readonly Expr[] })
  | (Place & { readonly kind: "not"; readonly arg: Expr })
  | (Place & {
      readonly kind: "macro";
      readonly name: string;
      /** What it stands for, put in by expandMacros; places inside are places in the macro's own condition. */
      readonly body?: Expr;
    })
  | CheckNode;
