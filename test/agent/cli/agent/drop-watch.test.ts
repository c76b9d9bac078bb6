import assert from "node:assert/strict";
import { DropWatch, type DropSettings } from "../../../../agent/cli/agent/drop-watch.ts";

const settings: DropSettings = { threshold: 0.1, actions: ["log"], rate: 0.5, max_burst: 1 };
const seen = (events: number, full: number, recursion = 0) => ({
  events,
  drops: [
    { cause: "ring_full", event: "openat", count: full },
    { cause: "ring_full", event: "execve", count: 0 },
    { cause: "recursion", event: "", count: recursion },
  ],
});
const second = 1_000_000_000n;

describe("watch on lost events", () => {
  it("says what was lost since the last look, by cause", () => {
    const watch = new DropWatch(settings);
    assert.equal(watch.look(seen(100, 0), 0n), undefined);
    assert.deepEqual(watch.look(seen(150, 40, 10), second), {
      dropped: 50,
      events: 50,
      causes: { ring_full: 40, recursion: 10 },
    });
    assert.equal(watch.look(seen(150, 40, 10), 2n * second), undefined);
  });

  it("is quiet up to the threshold", () => {
    const watch = new DropWatch(settings);
    assert.equal(watch.look(seen(90, 10), second), undefined);
    assert.ok(watch.look(seen(179, 20), 2n * second));
    assert.equal(watch.occurrences, 1);
  });

  it("asks for actions no more often than its rate", () => {
    const watch = new DropWatch(settings);
    const asked = [1, 2, 3, 4].map((n) => watch.look(seen(0, n * 10), BigInt(n) * second) !== undefined);
    assert.deepEqual(asked, [true, false, true, false]);
    assert.deepEqual([watch.occurrences, watch.taken], [4, 2]);
  });

  it("only counts under ignore", () => {
    const watch = new DropWatch({ ...settings, actions: ["ignore"] });
    assert.equal(watch.look(seen(0, 10), second), undefined);
    assert.equal(watch.occurrences, 1);
  });
});
