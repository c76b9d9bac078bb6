/** When memory is given back. */
import assert from "node:assert/strict";
import { collectAtRest, ownHeap } from "../../../operator/kube/rest.ts";
import { TestClock } from "../../agent/kube/clock.ts";

const mebibyte = 1 << 20;

describe("memory at rest", () => {
  const watched = () => {
    const clock = new TestClock();
    const heap = { bytes: 60 * mebibyte, collections: 0 };
    const end = collectAtRest(
      {
        size: () => heap.bytes,
        collect: () => {
          heap.collections += 1;
          heap.bytes = 40 * mebibyte;
        },
      },
      clock,
    );
    return { clock, heap, end };
  };

  it("is given back once, when the heap grows no more", () => {
    const { clock, heap } = watched();
    for (let second = 0; second < 60; second += 5) {
      heap.bytes += mebibyte;
      clock.advance(5000);
    }
    assert.equal(heap.collections, 0, "it still grows");
    clock.advance(600_000);
    assert.equal(heap.collections, 1);
  });

  it("is given back again after more work, not for little of it", () => {
    const { clock, heap } = watched();
    clock.advance(60_000);
    heap.bytes += 2 * mebibyte;
    clock.advance(60_000);
    assert.equal(heap.collections, 1);
    heap.bytes += 20 * mebibyte;
    clock.advance(60_000);
    assert.equal(heap.collections, 2);
  });

  it("is left alone after the end", () => {
    const { clock, heap, end } = watched();
    end();
    clock.advance(60_000);
    assert.equal(heap.collections, 0);
  });

  it("is this thread's own", () => {
    const { size, collect } = ownHeap();
    let kept: unknown[] | undefined = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
    const full = size();
    assert.equal(kept.length, 1_000_000);
    kept = undefined;
    collect();
    assert.ok(size() < full - 8 * mebibyte, `${size()} after ${full}`);
  });
});
