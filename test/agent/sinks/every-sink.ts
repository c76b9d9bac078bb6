/** What holds for every sink: one list of cases (examples.md: a new sink is a file and one line in a test). */
import assert from "node:assert/strict";
import { SinkQueue } from "../../../agent/sinks/queue.ts";
import type { Sink } from "../../../agent/sinks/sink.ts";
import { numbered, queueOptions, until } from "./sample.ts";

/** A sink and the real other end of it. */
export interface Peer {
  readonly sink: Sink;
  /** Everything that arrived, as one text. */
  received(): string;
  /** Makes deliveries fail from now on. */
  breakIt(): Promise<void> | void;
  /** Makes them work again; absent where what is broken stays broken. */
  mend?(): Promise<void> | void;
  close(): Promise<void> | void;
}

export function everySink(name: string, open: () => Promise<Peer>): void {
  describe(name, () => {
    let peer: Peer;
    let queue: SinkQueue;
    const said: string[] = [];
    beforeEach(async () => {
      said.length = 0;
      peer = await open();
      queue = new SinkQueue(peer.sink, queueOptions({}, said));
    });
    afterEach(async () => {
      await queue.close(100);
      await peer.close();
    });
    const numbers = () => [...peer.received().matchAll(/alert-(\d+)\./g)].map(([, n]) => Number(n));
    const push = (from: number, to: number) => {
      for (let n = from; n < to; n++) queue.push(numbered(n));
    };
    /** One alert after the other until something shows: a network tells of a fault late. */
    const pushUntil = async (what: string, from: number, holds: () => boolean) => {
      let n = from;
      await until(
        what,
        () => {
          if (queue.counters().queued === 0 && !holds()) queue.push(numbered(n++));
          return holds();
        },
        () => queue.counters(),
      );
    };
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

    it("delivers each alert once, in order", async () => {
      await queue.open();
      push(0, 15);
      await until(
        "delivery",
        () => queue.counters().delivered === 15,
        () => queue.counters(),
      );
      push(15, 30);
      await until(
        "delivery",
        () => queue.counters().delivered === 30,
        () => queue.counters(),
      );
      await until("arrival", () => distinct(numbers()).length === 30, numbers);
      assert.deepEqual(distinct(numbers()), range(0, 30));
      const { failed, dropped, queued, healthy, lastError } = queue.counters();
      assert.deepEqual(
        { failed, dropped, queued, healthy, lastError },
        { failed: 0, dropped: 0, queued: 0, healthy: true, lastError: undefined },
      );
      assert.deepEqual(said, []);
    });

    it("delivers what waits before it closes", async () => {
      push(0, 5);
      await queue.close(5000);
      await until("arrival", () => distinct(numbers()).length === 5, numbers);
      const { delivered, dropped } = queue.counters();
      assert.deepEqual({ delivered, dropped }, { delivered: 5, dropped: 0 });
    });

    it("counts what it cannot deliver, says why, and works again once it can", async () => {
      push(0, 1);
      await until(
        "delivery",
        () => queue.counters().delivered === 1,
        () => queue.counters(),
      );
      await peer.breakIt();
      await pushUntil("a failure", 1, () => queue.counters().failed > 0);
      const { lastError, healthy, delivered } = queue.counters();
      assert.ok(lastError !== undefined && lastError.length > 3, lastError);
      assert.equal(healthy, false);
      assert.match(said.join("\n"), new RegExp(`^${peer.sink.name}: .`, "m"));
      if (peer.mend === undefined) return;
      await peer.mend();
      await pushUntil("a delivery", 1000, () => queue.counters().delivered > delivered);
      assert.equal(queue.counters().healthy, true);
    });

    it("may be closed twice", async () => {
      push(0, 1);
      await queue.close(5000);
      await queue.close(0);
      assert.equal(queue.push(numbered(9)), false);
      assert.equal(queue.counters().dropped, 1);
    });
  });
}

/** The first of each: a sink may show one alert's text twice in one message (Slack's fallback). */
function distinct(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}
