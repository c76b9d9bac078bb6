import assert from "node:assert/strict";
import { ApiFault } from "../../../agent/kube/fault.ts";
import {
  WorkQueue,
  type Outcome,
  type Work,
  type WorkQueueOptions,
} from "../../../operator/kube/work-queue.ts";
import { TestClock } from "../../agent/kube/clock.ts";

/** Lets everything run that needs no time. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function begin(work: Work, more: Partial<WorkQueueOptions> = {}) {
  const clock = new TestClock();
  const outcomes: Outcome[] = [];
  const counts = { added: 0, retried: 0, overflowed: 0 };
  const waited: number[] = [];
  const queue = new WorkQueue({
    work,
    clock,
    random: () => 1,
    observer: {
      added: () => counts.added++,
      taken: (time) => waited.push(time),
      done: (_, __, outcome) => outcomes.push(outcome),
      retried: () => counts.retried++,
      overflowed: () => counts.overflowed++,
    },
    ...more,
  });
  queue.start();
  return { queue, clock, outcomes, counts, waited };
}

/** Work that a test ends by hand. */
function held() {
  const began: string[] = [];
  const waiting: { key: string; end: (error?: Error) => void }[] = [];
  const work: Work = (key) =>
    new Promise((resolve, reject) => {
      began.push(key);
      waiting.push({ key, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  const end = async (error?: Error) => {
    waiting.shift()!.end(error);
    await settle();
  };
  return { began, work, end };
}

describe("work queue", () => {
  it("works on each key once, in order, however often it was added", async () => {
    const { began, work, end } = held();
    const { queue, counts } = begin(work);
    for (const key of ["a", "b", "b", "c", "b"]) queue.add(key);
    for (let i = 0; i < 3; i++) await end();
    assert.deepEqual(began, ["a", "b", "c"]);
    assert.equal(counts.added, 3);
  });

  it("never gives one key to two workers, and works again on what was added meanwhile", async () => {
    const { began, work, end } = held();
    const { queue } = begin(work, { workers: 3 });
    queue.add("a");
    queue.add("a");
    queue.add("a");
    queue.add("b");
    assert.deepEqual(began, ["a", "b"]);
    await end();
    assert.deepEqual(began, ["a", "b", "a"]);
    await end();
    await end();
    assert.deepEqual(began, ["a", "b", "a"]);
    assert.equal(queue.working, 0);
  });

  it("waits twice as long after each failure in a row, up to a cap, and starts anew after a success", async () => {
    let fails = true;
    const { queue, clock, outcomes, counts } = begin(
      async () => {
        if (fails) throw new Error("no");
      },
      { backOff: { base: 100, cap: 500 } },
    );
    queue.add("a");
    for (let i = 0; i < 5; i++) {
      await settle();
      clock.advance(500);
    }
    await settle();
    const waits = outcomes.map((outcome) => (outcome.kind === "error" ? outcome.wait : 0));
    assert.deepEqual(waits, [100, 200, 400, 500, 500, 500]);
    assert.equal(counts.retried, 6);
    fails = false;
    clock.advance(500);
    await settle();
    fails = true;
    queue.add("a");
    await settle();
    const last = outcomes.at(-1)!;
    assert.ok(last.kind === "error" && last.tries === 1 && last.wait === 100);
  });

  it("waits at least half the ceiling, and what the server asks for on top, within reason", async () => {
    const faults = [
      new ApiFault("throttled", "", { retryAfter: 7000 }),
      new ApiFault("throttled", "", { retryAfter: 1e9 }),
    ];
    const { queue, clock, outcomes } = begin(
      async () => {
        throw faults.shift()!;
      },
      { random: () => 0, backOff: { base: 100, cap: 100 } },
    );
    queue.add("a");
    await settle();
    clock.advance(7049);
    await settle();
    assert.equal(outcomes.length, 1);
    clock.advance(1);
    await settle();
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind === "error" && outcome.wait),
      [7050, 300_050],
    );
  });

  it("does not let a storm of changes get around the wait after a failure", async () => {
    const { began, work, end } = held();
    const { queue, clock } = begin(work, { backOff: { base: 10_000, cap: 10_000 } });
    queue.add("a");
    queue.add("a");
    await end(new Error("no"));
    assert.equal(began.length, 1);
    clock.advance(999);
    assert.equal(began.length, 1);
    clock.advance(1);
    assert.equal(began.length, 2);
  });

  it("comes back when asked to, and earlier where a change comes earlier", async () => {
    let after = 1000;
    const began: number[] = [];
    const { queue, clock, outcomes } = begin(async () => {
      began.push(clock.now());
      return after > 0 ? { after } : undefined;
    });
    const start = clock.now();
    queue.add("a");
    await settle();
    clock.advance(1000);
    await settle();
    after = 0;
    queue.add("a");
    await settle();
    clock.advance(5000);
    assert.deepEqual(
      began.map((at) => at - start),
      [0, 1000, 1000],
    );
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["again", "again", "success"],
    );
    assert.equal(queue.waiting, 0);
  });

  it("keeps the earlier of two times", async () => {
    const began: string[] = [];
    const { queue, clock } = begin(async (key) => void began.push(key));
    queue.addAfter("a", 500);
    queue.addAfter("a", 900);
    queue.addAfter("b", 900);
    queue.addAfter("b", 500);
    clock.advance(500);
    await settle();
    assert.deepEqual(began, ["a", "b"]);
    clock.advance(1000);
    await settle();
    assert.equal(began.length, 2);
  });

  it("says how long keys waited, and how long each worker has been at it", async () => {
    const { work, end } = held();
    const { queue, clock, waited } = begin(work);
    queue.add("a");
    queue.add("b");
    clock.advance(300);
    assert.deepEqual([...queue.workingFor()], [300]);
    assert.deepEqual([queue.depth, queue.working], [1, 1]);
    await end();
    assert.deepEqual(waited, [0, 300]);
  });

  it("turns keys away when it is full, and goes through all keys after that", async () => {
    const everything = ["a", "b", "c", "d", "e", "f", "g"];
    const seen = new Map<string, number>();
    let hold = true;
    const waiting: (() => void)[] = [];
    const { queue, counts } = begin(
      async (key) => {
        seen.set(key, (seen.get(key) ?? 0) + 1);
        if (hold) await new Promise<void>((resolve) => waiting.push(resolve));
      },
      { capacity: 4, everything: () => everything },
    );
    for (const key of everything) queue.add(key);
    assert.deepEqual([queue.depth, counts.overflowed], [4, 2]);
    hold = false;
    waiting[0]!();
    for (let i = 0; i < 40; i++) await settle();
    assert.deepEqual([...seen.keys()].sort(), everything);
    assert.equal(queue.depth, 0);
  });

  it("stops: workers are told, keys are forgotten, and it can start again", async () => {
    const began: string[] = [];
    const work: Work = (key, signal) =>
      new Promise((_, reject) => {
        began.push(key);
        signal.addEventListener("abort", () => reject(new Error("given up")), { once: true });
      });
    const { queue, outcomes, clock } = begin(work);
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 100);
    await queue.stop();
    clock.advance(1000);
    assert.deepEqual([began, outcomes, queue.depth, queue.waiting, queue.working], [["a"], [], 0, 0, 0]);
    queue.add("d");
    assert.deepEqual(began, ["a"]);
    queue.start();
    assert.deepEqual(began, ["a", "d"]);
    await queue.stop();
  });
});
