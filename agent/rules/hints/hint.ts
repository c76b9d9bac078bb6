/** What every hint is made of: a rule that compiles, and a walk over its condition. */
import type { Catalogue } from "../catalogue.ts";
import type { CompiledRule } from "../compile-rules.ts";
import type { CheckNode, Expr, ValueNode } from "../condition/ast.ts";
import { fromBytes } from "../condition/text.ts";
import type { HintCode } from "../diagnostics/codes.ts";

/** A stretch of a condition's text, or of the innermost macro's. */
export interface Spot {
  readonly at: number;
  readonly end: number;
  readonly macros: readonly string[];
}

export interface RuleHint {
  readonly code: HintCode;
  readonly message: string;
  /** Where in the condition; absent: elsewhere in the rule. */
  readonly spot?: Spot;
  /** Where in the output. */
  readonly outputAt?: { readonly at: number; readonly end: number };
  readonly help?: string;
}

export interface HintSubject {
  readonly rule: CompiledRule;
  readonly catalogue: Catalogue;
  /** Names of all lists. */
  readonly lists: ReadonlySet<string>;
  /** Names of all macros. */
  readonly macros: ReadonlySet<string>;
  /** Names of the rule's events; undefined where its condition leaves none out. */
  readonly events: readonly string[] | undefined;
  readonly checks: readonly FoundCheck[];
}

/** Looks at one rule. */
export type RuleHints = (subject: HintSubject) => Iterable<RuleHint>;

/** A check of a condition, macros looked into. */
export interface FoundCheck {
  readonly node: CheckNode;
  readonly macros: readonly string[];
  /** True where the rule matches only if this check is true. */
  readonly needed: boolean;
  readonly negated: boolean;
}

/** All checks of a condition in text order. */
export function checksOf(expr: Expr): FoundCheck[] {
  const found: FoundCheck[] = [];
  const visit = (node: Expr, macros: readonly string[], needed: boolean, negated: boolean): void => {
    switch (node.kind) {
      case "check":
        found.push({ node, macros, needed: needed && !negated, negated });
        return;
      case "not":
        return visit(node.arg, macros, needed, !negated);
      case "macro":
        if (node.body !== undefined) visit(node.body, [...macros, node.name], needed, negated);
        return;
      case "and":
      case "or": {
        const all = (node.kind === "and") !== negated || node.args.length === 1;
        for (const arg of node.args) visit(arg, macros, needed && all, negated);
      }
    }
  };
  visit(expr, [], true, false);
  return found;
}

/** The constants on the right of a check, with their texts; none where a field stands there. */
export function valuesOf({ right }: CheckNode): { readonly node: ValueNode; readonly text: string }[] {
  if (right === undefined || right.kind === "transformer") return [];
  const items = right.kind === "list" ? right.items : [right];
  return items.filter((item) => item.kind === "value").map((node) => ({ node, text: fromBytes(node.text) }));
}

/** Name of the field on the left, undefined for a transformer. */
export function fieldOf({ left }: CheckNode): string | undefined {
  return left.kind === "field" ? left.name : undefined;
}

/** The stretch of a node within a check. */
export const spotOf = (found: FoundCheck, node: { at: number; end: number } = found.node): Spot => ({
  at: node.at,
  end: node.end,
  macros: found.macros,
});
