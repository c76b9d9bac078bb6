/**
 * A condition after macros were put in and every field, operator and constant was checked: plain data, so that it can
 * cross to another thread, be weakened to a kernel filter, or be turned into closures.
 */
import type { FieldUse, Scalar } from "../catalogue.ts";
import type { Modifier, Operator, TransformerName } from "./ast.ts";

/** What stands on either side of an operator, or as a token of an output. */
export type Operand =
  | { readonly kind: "field"; readonly field: FieldUse }
  | {
      readonly kind: "transformer";
      readonly name: Exclude<TransformerName, "val">;
      readonly args: readonly (
        Operand | Constant | { readonly kind: "list"; readonly items: readonly (Operand | Constant)[] }
      )[];
      readonly argument?: string;
    };

/** A literal argument of a transformer. */
export interface Constant {
  readonly kind: "constant";
  readonly value: Scalar;
}

/** A network: address bytes (4 or 16, host bits cleared) and prefix length. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
}

export type TypedExpr =
  | { readonly kind: "and" | "or"; readonly args: readonly TypedExpr[] }
  | { readonly kind: "not"; readonly arg: TypedExpr }
  | {
      readonly kind: "check";
      readonly left: Operand;
      readonly operator: Operator;
      readonly modifier?: Modifier;
      /**
       * Constants in the field's own representation (catalogue.ts Scalar): one for symbols and word operators, many for
       * lists; Networks for IPNET fields. Absent for exists and where `right` is given.
       */
      readonly values?: readonly (Scalar | Network)[];
      /** Right-hand field or transformer (`val(f)` is the plain field). */
      readonly right?: Operand;
    };
