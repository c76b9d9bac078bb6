/** Work in slices: on the capture thread nothing may take longer than the ring has room for. */

/** Steps `work` until it is done or `milliseconds` are over; one step at least. Gives the result once it is done. */
export function runSlice<T>(
  work: Iterator<unknown, T>,
  milliseconds: number,
  now: () => number,
): { readonly done: true; readonly value: T } | { readonly done: false } {
  const end = now() + milliseconds;
  for (;;) {
    const step = work.next();
    if (step.done === true) return { done: true, value: step.value };
    if (now() >= end) return { done: false };
  }
}
