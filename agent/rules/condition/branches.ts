/**
 * Long alternatives that all begin with the value of one field, as exceptions make them:
 * `(proc.name = a and …) or (proc.name = b and …)`. One look at the field tells which of them are left.
 */
import type { FieldUse, Scalar } from "../catalogue.ts";
import type { TypedExpr } from "./typed.ts";

type Check = Extract<TypedExpr, { kind: "check" }>;

export interface Branches {
  readonly field: FieldUse;
  /** What must hold besides, by value of the field; one of them is enough. */
  readonly byValue: ReadonlyMap<Scalar, readonly TypedExpr[]>;
  /** Alternatives that do not ask for this field's value. */
  readonly rest: readonly TypedExpr[];
}

/** Fewer alternatives than this are tried one by one. */
const minAlternatives = 4;

/** The alternatives of an `or` by the field that most of them compare; undefined where it is not worth it. */
export function branchesOf(alternatives: readonly TypedExpr[]): Branches | undefined {
  if (alternatives.length < minAlternatives) return undefined;
  const field = commonField(alternatives);
  if (field === undefined) return undefined;
  const byValue = new Map<Scalar, TypedExpr[]>();
  const rest: TypedExpr[] = [];
  for (const alternative of alternatives) {
    const check = equalities(alternative).find((one) => textOf(one) === field.text);
    if (check === undefined) rest.push(alternative);
    else {
      const others = without(alternative, check);
      for (const value of check.values as readonly Scalar[]) {
        const known = byValue.get(value);
        if (known === undefined) byValue.set(value, [others]);
        else known.push(others);
      }
    }
  }
  return { field, byValue, rest };
}

function commonField(alternatives: readonly TypedExpr[]): FieldUse | undefined {
  const counts = new Map<string, { count: number; field: FieldUse }>();
  for (const alternative of alternatives) {
    for (const { left } of new Map(equalities(alternative).map((check) => [textOf(check), check])).values()) {
      if (left.kind !== "field") continue;
      const known = counts.get(left.field.text);
      if (known === undefined) counts.set(left.field.text, { count: 1, field: left.field });
      else known.count++;
    }
  }
  const [best] = [...counts.values()].sort((a, b) => b.count - a.count);
  return best !== undefined && best.count >= minAlternatives ? best.field : undefined;
}

/** Checks of an `and` that hold for listed values of a single field and for no other. */
function equalities(alternative: TypedExpr): Check[] {
  if (alternative.kind !== "and") return [];
  return alternative.args.filter((arg): arg is Check => {
    if (
      arg.kind !== "check" ||
      arg.left.kind !== "field" ||
      arg.modifier !== undefined ||
      arg.values === undefined
    )
      return false;
    const { list, quantifier, type, name } = arg.left.field;
    const single = !list && quantifier === "none" && type !== "IPNET" && name !== "evt.around";
    return single && (arg.operator === "=" || arg.operator === "==" || arg.operator === "in");
  });
}

const textOf = ({ left }: Check) => (left.kind === "field" ? left.field.text : "");

function without(alternative: TypedExpr, check: Check): TypedExpr {
  if (alternative.kind !== "and") return alternative;
  const args = alternative.args.filter((arg) => arg !== check);
  return args.length === 1 ? args[0]! : { kind: "and", args };
}
