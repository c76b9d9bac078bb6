import assert from "node:assert/strict";
import { noCounters } from "../../../../agent/cli/agent/counters.ts";
import { DropWatch, type DropSettings } from "../../../../agent/cli/agent/drop-watch.ts";
import { lossOwner, type OwnerLoss } from "../../../../agent/cli/agent/loss-owner.ts";

const settings: DropSettings = { threshold: 0.1, actions: ["log"], rate: 0.5, max_burst: 1 };
const seen = (events: number, full: number, recursion = 0) => ({
  events,
  losses: noCounters("syscall").losses,
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
      owners: [],
      flooder: undefined,
    });
    assert.equal(watch.look(seen(150, 40, 10), 2n * second), undefined);
  });

  it("says who lost how much since the last look, and who wanted most of the ring", () => {
    const watch = new DropWatch(settings);
    const owner = (container: string, count: number, demand: number) => ({
      ...lossOwner({ id: container, type: "containerd", cgroupPath: "" }, ""),
      drops: [
        { cause: "ring_share", event: "openat", count },
        { cause: "ring_share", event: "unlink", count: 7 },
      ],
      demand,
    });
    const look = (count: number, owners: readonly OwnerLoss[]) => ({
      ...seen(0, count),
      losses: { owners, others: 0 },
    });
    watch.look(look(1014, [owner("a", 1000, 500), owner("c", 0, 0)]), 0n);
    const owners = [owner("c", 0, 900), owner("a", 1005, 510), owner("b", 3, 0)];
    const loss = watch.look(look(1029, owners), 2n * second)!;
    assert.deepEqual(
      loss.owners.map(({ container, drops }) => [container, drops.map(({ event, count }) => [event, count])]),
      [
        [
          "b",
          [
            ["unlink", 7],
            ["openat", 3],
          ],
        ],
        ["a", [["openat", 5]]],
      ],
    );
    assert.equal(loss.flooder?.container, "c");
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
