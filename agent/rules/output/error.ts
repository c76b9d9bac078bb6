/** A mistake in an output template. */

/**
 * Why a template was refused. `message` contains Falco's text where it has one; `at` and `end` (exclusive) are UTF-16
 * units from the start of the template as given to parseOutput.
 */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code = "LOAD_ERR_COMPILE_OUTPUT";
  readonly at: number;
  readonly end: number;
  readonly hint: string | undefined;
  readonly suggestions: readonly string[];
  /** Further mistakes of the same template, in text order. */
  others: readonly OutputError[] = [];

  constructor(
    message: string,
    at: number,
    end: number,
    details: { readonly hint?: string | undefined; readonly suggestions?: readonly string[] } = {},
  ) {
    super(message);
    this.at = at;
    this.end = end;
    this.hint = details.hint;
    this.suggestions = details.suggestions ?? [];
  }
}
