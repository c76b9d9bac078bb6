/** What parsing and checking gave for the conditions of one load. */
import type { Expr } from "../condition/ast.ts";
import type { ConditionWarning } from "../condition/check.ts";
import { ConditionError } from "../condition/error.ts";
import { parseCondition } from "../condition/parser.ts";
import type { TypedExpr } from "../condition/typed.ts";

/** A condition with everything settled. */
export interface CompiledCondition {
  readonly expr: Expr;
  readonly typed: TypedExpr;
  readonly events: readonly number[] | "all";
  readonly warnings: readonly ConditionWarning[];
}

/** What parsing and checking gave for a text, kept across the files of one load: most conditions stay as they are. */
export class ConditionMemo {
  readonly #parsed = new Map<string, Expr | ConditionError>();
  readonly #checked = new Map<string, CompiledCondition | ConditionError>();
  readonly #numbers = new Map<string, number>();
  #length = 0;

  /** Characters of all texts that are remembered: a measure of what this takes. */
  get length(): number {
    return this.#length;
  }

  parse(text: string): Expr | ConditionError {
    return remember(this.#parsed, text, () => parseCondition(text));
  }

  check(key: string, make: () => CompiledCondition): CompiledCondition | ConditionError {
    return remember(this.#checked, key, make);
  }

  /** A short name for a text and what it is made of. */
  number(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#length += key.length;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

function remember<T>(map: Map<string, T | ConditionError>, key: string, make: () => T): T | ConditionError {
  const known = map.get(key);
  if (known !== undefined) return known;
  let made: T | ConditionError;
  try {
    made = make();
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    made = error;
  }
  map.set(key, made);
  return made;
}
