/** Work in steps, so that whoever runs it can let others have the thread between them. */

/** Runs all steps at once; gives what they come to. */
export function finished<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
