import assert from "node:assert/strict";
import { SinkQueue } from "../../../agent/sinks/queue.ts";
import { DeliveryError, rejectionOf, type RenderedAlert, type Sink } from "../../../agent/sinks/sink.ts";
import { Outputs } from "../../../agent/sinks/outputs.ts";
import { FakeClock, numbered, queueOptions, sampleAlert, settled } from "./sample.ts";

/** A sink whose every send is decided by the test. */
class ScriptedSink implements Sink {
  readonly name = "scripted";
  readonly batch: number;
  readonly sent: string[][] = [];
  closed = 0;
  answer: (batch: readonly RenderedAlert[], signal: AbortSignal) => Promise<void> = async () => {};

  constructor(batch = 2) {
    this.batch = batch;
  }

  async send(batch: readonly RenderedAlert[], signal: AbortSignal): Promise<void> {
    this.sent.push(batch.map(({ alert }) => alert.message));
    return this.answer(batch, signal);
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

const hang = () => new Promise<void>(() => {});
const untilAborted = async (_: unknown, signal: AbortSignal) => rejectionOf(signal).promise;
const retry = { passing: 3, timeouts: 1, base: 100, cap: 1000 };

describe("the queue of a sink", () => {
  let clock: FakeClock;
  let sink: ScriptedSink;
  const said: string[] = [];
  beforeEach(() => {
    clock = new FakeClock();
    sink = new ScriptedSink();
    said.length = 0;
  });
  const queueOf = (more: Parameters<typeof queueOptions>[0] = {}) =>
    new SinkQueue(sink, queueOptions({ clock, ...more }, said));

  it("hands over batches, one after the other", async () => {
    const queue = queueOf();
    for (let n = 0; n < 5; n++) queue.push(numbered(n));
    await settled();
    assert.deepEqual(sink.sent, [["alert-0.", "alert-1."], ["alert-2.", "alert-3."], ["alert-4."]]);
    assert.equal(queue.counters().delivered, 5);
  });

  it("drops what comes when it is full, counts it and says so", async () => {
    sink.answer = hang;
    const queue = queueOf({ capacity: 3, patient: true });
    const taken = Array.from({ length: 8 }, (_, n) => queue.push(numbered(n)));
    await settled();
    assert.equal(taken.filter(Boolean).length, 8 - queue.counters().dropped);
    const { queued, dropped, delivered, failed } = queue.counters();
    assert.equal(queued + dropped, 8);
    assert.ok(dropped >= 3 && queued <= 5);
    assert.deepEqual([delivered, failed], [0, 0]);
    assert.match(said.join(), /its queue is full/);
  });

  it("is bounded by size as well", () => {
    sink.answer = hang;
    const queue = queueOf();
    const line = "x".repeat(1 << 20);
    for (let n = 0; n < 40; n++) queue.push({ alert: sampleAlert(), line });
    assert.ok(queue.counters().queued <= 34, `${queue.counters().queued}`);
    assert.equal(queue.counters().queued + queue.counters().dropped, 40);
  });

  it("gives a send up after its time and goes on once it has settled", async () => {
    sink.answer = untilAborted;
    const queue = queueOf({ timeout: 500 });
    queue.push(numbered(0));
    await clock.advance(499);
    assert.equal(queue.counters().failed, 0);
    await clock.advance(1);
    assert.equal(queue.counters().failed, 1);
    assert.match(queue.counters().lastError!, /no success within 500 ms/);
    sink.answer = async () => {};
    queue.push(numbered(1));
    await settled();
    assert.equal(queue.counters().delivered, 1);
  });

  it("never sends twice at a time, even where a send cannot be given up", async () => {
    let release = () => {};
    sink.answer = () => new Promise((resolve) => (release = resolve));
    const queue = queueOf({ timeout: 500 });
    queue.push(numbered(0));
    await clock.advance(600);
    queue.push(numbered(1));
    await clock.advance(10_000);
    assert.deepEqual(sink.sent, [["alert-0."]]);
    release();
    await settled();
    assert.deepEqual(sink.sent, [["alert-0."], ["alert-1."]]);
  });

  it("waits for a patient sink and says that it is slow", async () => {
    let release = () => {};
    sink.answer = () => new Promise((resolve) => (release = resolve));
    const queue = queueOf({ timeout: 500, patient: true });
    queue.push(numbered(0));
    await clock.advance(60_000);
    assert.match(said.join(), /took no alert for 500 ms/);
    assert.deepEqual([queue.counters().failed, queue.counters().queued], [0, 1]);
    release();
    await settled();
    assert.equal(queue.counters().delivered, 1);
  });

  it("tries passing faults again, later and later, with jitter", async () => {
    const waits: number[] = [];
    sink.answer = async () => {
      throw new DeliveryError("passing", "503");
    };
    const queue = queueOf({ retry, random: () => 1 });
    queue.push(numbered(0));
    for (let i = 0; i < 3; i++) {
      await settled();
      waits.push(clock.pending[0]!);
      await clock.advance(waits[i]!);
    }
    await settled();
    assert.deepEqual(waits, [100, 200, 400]);
    const { failed, retried, delivered } = queue.counters();
    assert.deepEqual({ failed, retried, delivered }, { failed: 1, retried: 3, delivered: 0 });
  });

  it("waits no shorter than the receiver asked", async () => {
    sink.answer = async () => {
      throw new DeliveryError("passing", "429", { retryAfter: 7000 });
    };
    const queue = queueOf({ retry, random: () => 0 });
    queue.push(numbered(0));
    await settled();
    assert.deepEqual(clock.pending, [7000]);
    sink.answer = async () => {};
    await clock.advance(7000);
    assert.deepEqual([queue.counters().delivered, queue.counters().failed], [1, 0]);
  });

  it("keeps no listener for each try", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on("warning", listen);
    sink.answer = async () => {
      throw new DeliveryError("passing", "503");
    };
    const queue = queueOf({ retry: { ...retry, passing: 50 } });
    queue.push(numbered(0));
    await clock.advance(100_000);
    assert.equal(queue.counters().retried, 50);
    process.off("warning", listen);
    assert.deepEqual(warnings, []);
  });

  it("does not try a permanent fault again, and goes on with the next", async () => {
    sink.answer = async () => {
      sink.answer = async () => {};
      throw new DeliveryError("permanent", "400: field x is unknown");
    };
    const queue = queueOf({ retry });
    for (let n = 0; n < 4; n++) queue.push(numbered(n));
    await settled();
    assert.deepEqual(sink.sent.length, 2);
    const { failed, delivered, retried, lastError } = queue.counters();
    assert.deepEqual(
      { failed, delivered, retried, lastError },
      { failed: 2, delivered: 2, retried: 0, lastError: "400: field x is unknown" },
    );
  });

  it("sends only the rest of a batch again", async () => {
    sink.answer = async () => {
      sink.answer = async () => {};
      throw new DeliveryError("passing", "reset", { delivered: 1 });
    };
    const queue = queueOf({ retry });
    queue.push(numbered(0));
    queue.push(numbered(1));
    await settled();
    assert.deepEqual(queue.counters().delivered, 1);
    await clock.advance(1000);
    assert.deepEqual(sink.sent, [["alert-0.", "alert-1."], ["alert-1."]]);
    assert.deepEqual([queue.counters().delivered, queue.counters().failed], [2, 0]);
  });

  it("ends within its time though the sink hangs, and counts what was left", async () => {
    sink.answer = hang;
    const queue = queueOf({ patient: true });
    for (let n = 0; n < 5; n++) queue.push(numbered(n));
    await settled();
    let closed = false;
    void queue.close(1000).then(() => (closed = true));
    await clock.advance(999);
    assert.equal(closed, false);
    await clock.advance(1);
    assert.equal(closed, true);
    const { delivered, failed, dropped, queued } = queue.counters();
    assert.deepEqual([delivered, failed + dropped, queued], [0, 5, 0]);
    assert.match(said.join(), /alerts were not delivered before the end/);
    assert.equal(sink.closed, 1);
  });

  it("ends though a retry waits", async () => {
    sink.answer = async () => {
      throw new DeliveryError("passing", "503", { retryAfter: 60_000 });
    };
    const queue = queueOf({ retry });
    queue.push(numbered(0));
    await settled();
    let closed = false;
    void queue.close(1000).then(() => (closed = true));
    await clock.advance(1000);
    assert.equal(closed, true);
    assert.equal(queue.counters().failed, 1);
  });

  it("holds nothing of others up: one sink hangs, the other delivers", async () => {
    sink.answer = hang;
    const other = new ScriptedSink(1);
    const outputs = new Outputs(
      [
        { queue: queueOf({ capacity: 2 }) },
        { queue: new SinkQueue(other, queueOptions({ clock })), wants: ({ priority }) => priority <= 4 },
      ],
      (alert) => alert.message,
    );
    await outputs.open();
    for (let n = 0; n < 10; n++)
      outputs.publish([sampleAlert({ message: `m${n}`, priority: n % 2 === 0 ? 4 : 5 })]);
    await settled();
    assert.deepEqual(other.sent.flat(), ["m0", "m2", "m4", "m6", "m8"]);
    assert.deepEqual(
      outputs.counters().map(({ name, delivered }) => [name, delivered]),
      [
        ["scripted", 0],
        ["scripted", 5],
      ],
    );
  });
});
