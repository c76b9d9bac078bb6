/**
 * A conjunction that learns which of its tests fails most often and tries that one first. Tests have no effect, so their
 * order is free; what a rule looks for is rare, so nearly every event is settled by the first test.
 */
export type Test<E> = (event: E) => boolean;

/** A sample is an event on which every test is tried: the first ones, then one in so many. */
const FIRST_SAMPLES = 16;
const SAMPLE_EVERY = 1024;
/** Samples between two looks at the order. */
const LOOK_EVERY = 8;

/** True where all tests are. `costs` are rough steps of each test; a dear one must fail more often to come first. */
export function adaptiveAnd<E>(tests: readonly Test<E>[], costs: readonly number[]): Test<E> {
  /** Failures in samples, the older ones counting less. */
  const rows = tests.map((test, index) => ({ test, cost: costs[index]!, failures: 0 }));
  const order = [...tests];
  let samples = 0;
  /** Events until the next sample. */
  let left = 1;

  const look = () => {
    rows.sort((a, b) => b.failures / b.cost - a.failures / a.cost);
    for (const [index, row] of rows.entries()) {
      order[index] = row.test;
      row.failures /= 2;
    }
  };
  const sample = (event: E): boolean => {
    let all = true;
    for (const row of rows) {
      if (row.test(event)) continue;
      row.failures++;
      all = false;
    }
    samples++;
    if (samples % LOOK_EVERY === 0) look();
    left = samples < FIRST_SAMPLES ? 1 : SAMPLE_EVERY;
    return all;
  };
  return (event) => {
    if (--left === 0) return sample(event);
    for (let index = 0; index < order.length; index++) if (!order[index]!(event)) return false;
    return true;
  };
}
