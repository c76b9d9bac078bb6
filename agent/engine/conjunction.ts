/**
 * A rule's condition as the tests that must all hold. Tests have no effect, so their order is free: a conjunction learns
 * which of its tests fails most often and tries that one first. What a rule looks for is rare, so nearly every event is
 * settled by the first test. Rules that have a test in common share it, and it is done once an event.
 */
export type Test<E> = (event: E) => boolean;

/** What came out: it holds; it fails; it fails with the paths of this view, and another view may change that. */
export type Outcome = typeof HOLDS | typeof FAILS | typeof FAILS_HERE;
export const HOLDS = 0;
export const FAILS = 1;
export const FAILS_HERE = 2;

/** Turns of an event: one for each view of its paths. */
export const TURNS = 4;

/** One test, and what it said last. */
export class SharedTest<E> {
  readonly test: Test<E>;
  /** Rough steps of the test; a dear one must fail more often to come first. */
  readonly cost: number;
  /** Whether it reads fields that change with the view. */
  readonly usesPaths: boolean;
  /** The turn in which it was done last. */
  at = -1;
  held = false;

  constructor(test: Test<E>, cost: number, usesPaths: boolean) {
    this.test = test;
    this.cost = cost;
    this.usesPaths = usesPaths;
  }

  /**
   * Whether it holds for the event of turn `turn`, in its view number `view`. Where the test throws nothing is kept, so
   * that each rule that has it learns of the fault.
   */
  holds(event: E, turn: number, view: number): boolean {
    const at = this.usesPaths ? turn + view : turn;
    if (this.at !== at) {
      this.held = this.test(event);
      this.at = at;
    }
    return this.held;
  }
}

/** A sample is an event on which every test is tried: the first ones, then one in so many. */
const FIRST_SAMPLES = 16;
const SAMPLE_EVERY = 1024;
/** Samples between two looks at the order. */
const LOOK_EVERY = 8;

export class Conjunction<E> {
  /** Failures of each test in samples, the older ones counting less. */
  private readonly rows: { readonly test: SharedTest<E>; failures: number }[];
  private readonly order: SharedTest<E>[];
  private samples = 0;
  /** Events until the next sample. */
  private left = 1;

  constructor(tests: readonly SharedTest<E>[]) {
    this.rows = tests.map((test) => ({ test, failures: 0 }));
    this.order = [...tests];
  }

  get tests(): readonly SharedTest<E>[] {
    return this.order;
  }

  /** Tries the tests on the event of turn `turn` (a multiple of TURNS) in its view number `view`. */
  evaluate(event: E, turn: number, view: number): Outcome {
    if (--this.left === 0) return this.sample(event, turn, view);
    const { order } = this;
    for (let index = 0; index < order.length; index++) {
      const test = order[index]!;
      if (!test.holds(event, turn, view)) return test.usesPaths ? FAILS_HERE : FAILS;
    }
    return HOLDS;
  }

  private sample(event: E, turn: number, view: number): Outcome {
    let outcome: Outcome = HOLDS;
    for (const row of this.rows) {
      if (row.test.holds(event, turn, view)) continue;
      row.failures++;
      if (outcome !== FAILS) outcome = row.test.usesPaths ? FAILS_HERE : FAILS;
    }
    this.samples++;
    if (this.samples % LOOK_EVERY === 0) this.look();
    this.left = this.samples < FIRST_SAMPLES ? 1 : SAMPLE_EVERY;
    return outcome;
  }

  private look(): void {
    this.rows.sort((a, b) => b.failures / b.test.cost - a.failures / a.test.cost);
    for (const [index, row] of this.rows.entries()) {
      this.order[index] = row.test;
      row.failures /= 2;
    }
  }
}
