/** A mistake in a condition. */

/** Codes a condition's mistake can have (rule files' own findings have more). */
export type ConditionErrorCode = "LOAD_ERR_COMPILE_CONDITION" | "LOAD_ERR_VALIDATE";

export interface ConditionErrorDetails {
  readonly code?: ConditionErrorCode;
  /** What to do, a sentence without full stop. */
  readonly hint?: string | undefined;
  /** Texts that could stand at the place instead, best first. */
  readonly suggestions?: readonly string[];
  /** The item of a list that the mistake is about: a list of that name could stand in its place. */
  readonly item?: string | undefined;
}

/** A text quoted in a message may be megabytes long. */
const maxMessage = 1000;

/**
 * Why a condition was refused. `message` is Falco's text where it has one; `at` and `end` (exclusive) are UTF-16 units
 * from the start of the condition, or of the innermost macro in `macros`.
 */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
  readonly at: number;
  readonly end: number;
  readonly code: ConditionErrorCode;
  readonly hint: string | undefined;
  readonly suggestions: readonly string[];
  readonly item: string | undefined;
  /** Macros around the place, outermost first; empty where it is in the condition's own text. */
  macros: readonly string[] = [];
  /** Further mistakes of the same condition, in text order. */
  others: readonly ConditionError[] = [];

  constructor(message: string, at: number, end: number, details: ConditionErrorDetails = {}) {
    super(message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message);
    this.at = at;
    this.end = Math.max(end, at);
    this.code = details.code ?? "LOAD_ERR_COMPILE_CONDITION";
    this.hint = details.hint;
    this.suggestions = details.suggestions ?? [];
    this.item = details.item;
  }
}
