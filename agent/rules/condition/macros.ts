/** Macros of a condition, replaced by what they stand for (rules-files 9.2). */
import type { Expr } from "./ast.ts";
import { ConditionError } from "./error.ts";

/** Gives a macro's condition as parsed, or undefined where none of that name may be used here. */
export type MacroLookup = (name: string) => Expr | undefined;

/**
 * Bounds of a condition with all macros put in. Twenty macros that each use the one before twice are a million
 * checks, and a chain of a thousand would make every later pass a thousand calls deep.
 */
const maxNodes = 100_000;
const maxLevels = 1000;

interface Size {
  readonly nodes: number;
  readonly levels: number;
}

interface Expanded extends Size {
  readonly expr: Expr;
}

/**
 * The tree with the body of each macro put in. Macros stay as nodes, so that a mistake inside one can name it.
 * @throws ConditionError (LOAD_ERR_VALIDATE) at a macro that does not exist or leads back to itself; at one that makes
 * the condition larger than the bounds.
 */
export function expandMacros(expr: Expr, lookup: MacroLookup): Expr {
  return new Expansion(lookup).expand(expr).expr;
}

/** Names of macros a condition refers to itself, each once, in text order. */
export function macroNames(expr: Expr, names = new Set<string>()): ReadonlySet<string> {
  if (expr.kind === "macro") names.add(expr.name);
  else if (expr.kind === "not") macroNames(expr.arg, names);
  else if (expr.kind !== "check") for (const arg of expr.args) macroNames(arg, names);
  return names;
}

class Expansion {
  private readonly lookup: MacroLookup;
  private readonly bodies = new Map<Expr, Expanded>();
  private readonly open: string[] = [];
  private depth = 0;

  constructor(lookup: MacroLookup) {
    this.lookup = lookup;
  }

  expand(expr: Expr): Expanded {
    if (++this.depth > maxLevels)
      throw new ConditionError(`exceeded max depth limit of ${maxLevels}`, expr.at, expr.end);
    const expanded = this.expandNode(expr);
    this.depth--;
    return expanded;
  }

  private expandNode(expr: Expr): Expanded {
    switch (expr.kind) {
      case "check":
        return { expr, nodes: 1, levels: 1 };
      case "not": {
        const arg = this.expand(expr.arg);
        return { expr: { ...expr, arg: arg.expr }, ...this.bounded(expr, [arg]) };
      }
      case "macro": {
        const body = this.body(expr);
        return { expr: { ...expr, body: body.expr }, ...this.bounded(expr, [body]) };
      }
      case "and":
      case "or": {
        const args = expr.args.map((arg) => this.expand(arg));
        return { expr: { ...expr, args: args.map((arg) => arg.expr) }, ...this.bounded(expr, args) };
      }
    }
  }

  private body(macro: Expr & { kind: "macro" }): Expanded {
    const { name, at, end } = macro;
    const fail = (message: string) => new ConditionError(message, at, end, { code: "LOAD_ERR_VALIDATE" });
    if (this.open.includes(name)) throw fail(`reference loop in macro '${name}'`);
    const body = macro.body ?? this.lookup(name);
    if (body === undefined) throw fail(`Undefined macro '${name}' used in filter.`);
    const known = this.bodies.get(body);
    if (known !== undefined) return known;
    this.open.push(name);
    try {
      const expanded = this.expand(body);
      this.bodies.set(body, expanded);
      return expanded;
    } catch (error) {
      if (error instanceof ConditionError) error.macros = [name, ...error.macros];
      throw error;
    } finally {
      this.open.pop();
    }
  }

  private bounded(place: Expr, parts: readonly Size[]): Size {
    const nodes = parts.reduce((sum, part) => sum + part.nodes, 1);
    const levels = parts.reduce((most, part) => Math.max(most, part.levels), 0) + 1;
    if (nodes > maxNodes)
      throw new ConditionError(`more than ${maxNodes} checks once macros are put in`, place.at, place.end);
    if (levels > maxLevels)
      throw new ConditionError(`exceeded max depth limit of ${maxLevels}`, place.at, place.end);
    return { nodes, levels };
  }
}
