import assert from "node:assert/strict";
import { AlertPost, taken, takenCounter } from "../../../../agent/cli/agent/alert-post.ts";
import { runSlice } from "../../../../agent/cli/agent/slices.ts";
import { internalAlert } from "../../../../agent/engine/alert.ts";

const alert = internalAlert("x", 7, "m", {}, { time: 0n, hostname: "n" });

describe("alerts to the main thread", () => {
  it("go in batches", () => {
    const batches: number[] = [];
    const post = new AlertPost((alerts) => batches.push(alerts.length), takenCounter(), 1000);
    for (let i = 0; i < 300; i++) post.push(alert);
    post.flush();
    post.flush();
    assert.deepEqual(batches, [256, 44]);
  });

  it("are dropped and counted while the main thread does not take them", () => {
    const batches: number[] = [];
    const counter = takenCounter();
    const post = new AlertPost((alerts) => batches.push(alerts.length), counter, 10);
    for (let i = 0; i < 15; i++) post.push(alert);
    post.flush();
    assert.deepEqual([batches, post.overflow], [[10], 5]);
    taken(counter, 4);
    for (let i = 0; i < 6; i++) post.push(alert);
    post.flush();
    assert.deepEqual([batches, post.overflow], [[10, 4], 7]);
  });

  it("keep count when it wraps around", () => {
    const counter = takenCounter();
    counter[0] = 2 ** 31 - 2;
    let sent = 0;
    const post = new AlertPost((alerts) => (sent += alerts.length), counter, 4);
    Object.assign(post, { sent: 2 ** 31 - 2 });
    for (let i = 0; i < 6; i++) post.push(alert);
    post.flush();
    assert.deepEqual([sent, post.overflow], [4, 2]);
    taken(counter, 4);
    assert.equal(counter[0], -(2 ** 31) + 2);
    post.push(alert);
    post.flush();
    assert.equal(sent, 5);
  });
});

describe("a slice of work", () => {
  function* steps(count: number, each: () => void): Generator<undefined, string> {
    for (let i = 0; i < count; i++) {
      each();
      yield;
    }
    return "made";
  }

  it("ends when its time is over and goes on where it stopped", () => {
    let time = 0;
    let done = 0;
    const work = steps(7, () => {
      done++;
      time += 2;
    });
    const slices: number[] = [];
    for (;;) {
      const result = runSlice(work, 5, () => time);
      slices.push(done);
      if (!result.done) continue;
      assert.equal(result.value, "made");
      break;
    }
    assert.deepEqual(slices, [3, 6, 7]);
  });
});
