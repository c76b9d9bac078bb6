import assert from "node:assert/strict";
import { Pipeline } from "../../../../agent/cli/agent/pipeline.ts";
import type { Engine } from "../../../../agent/engine/engine.ts";
import type { SyscallContext } from "../../../../agent/fields/context.ts";
import { hostContainer } from "../../../../agent/state/container-id.ts";
import { Containers } from "../../../../agent/state/containers.ts";
import type { Host, Process } from "../../../../agent/state/types.ts";
import { record } from "../../state/records.ts";

const host = { bootTime: 1_000_000_000_000_000_000n } as Host;
const process = { pid: 7, container: hostContainer } as Process;

/** What an engine saw of each event. */
function made(apply = (): Process | undefined => process) {
  const seen: string[] = [];
  const faults: unknown[] = [];
  const pipeline = new Pipeline(
    { apply, processIn: () => undefined },
    host,
    (error) => faults.push(error),
    new Containers(),
  );
  const engine = {
    process: (event: SyscallContext) => {
      const { number, time, previousTime, firstTime } = event;
      const [base, rest] = [host.bootTime, (at: bigint) => at - host.bootTime];
      assert.ok(time >= base);
      seen.push(
        `${number}: ${event.process?.pid} ${event.record.ret} ${[time, previousTime, firstTime].map(rest).join(" ")}`,
      );
      return event.record.ret === 3 ? 2 : 0;
    },
  } as unknown as Engine<SyscallContext>;
  return { pipeline, engine, seen, faults };
}

describe("a record's way to the rules", () => {
  it("numbers events from 1, and tells their time, the one before and the first", () => {
    const { pipeline, engine, seen } = made();
    pipeline.engine = engine;
    pipeline.take(record("openat", { pid: 7, ret: 3, time: 5_000_000_000n }));
    pipeline.take(record("openat", { pid: 7, ret: -2, time: 6_000_000_001n }));
    pipeline.take(record("openat", { pid: 7, ret: 4, time: 6_000_000_009n }));
    assert.deepEqual(seen, [
      "1: 7 3 5000000000 5000000000 5000000000",
      "2: 7 -2 6000000001 5000000000 5000000000",
      "3: 7 4 6000000009 6000000001 5000000000",
    ]);
    assert.deepEqual([pipeline.events, pipeline.matched, pipeline.faults], [3, 1, 0]);
    assert.equal(pipeline.lastTime, host.bootTime + 6_000_000_009n);
  });

  it("keeps what only state needs from them", () => {
    const { pipeline, engine, seen } = made();
    pipeline.engine = engine;
    pipeline.take(record("task_fork", { pid: 7 }));
    pipeline.take(record("openat", { pid: 7, ret: 1 }));
    assert.deepEqual(seen, ["1: 7 1 0 0 0"]);
    assert.equal(pipeline.events, 2);
  });

  it("goes on without rules, and with a process that state does not know", () => {
    const { pipeline, engine, seen } = made(() => undefined);
    pipeline.take(record("openat", { pid: 7 }));
    pipeline.engine = engine;
    pipeline.take(record("openat", { pid: 7, ret: 0 }));
    assert.deepEqual(seen, ["2: undefined 0 0 0 0"]);
  });

  it("counts what it cannot take, says the first, and goes on", () => {
    let broken = true;
    const { pipeline, engine, seen, faults } = made(() => {
      if (broken) throw new Error("planted");
      return process;
    });
    pipeline.engine = engine;
    pipeline.take(record("openat", { pid: 7 }));
    pipeline.take(record("openat", { pid: 7 }));
    broken = false;
    pipeline.take(record("openat", { pid: 7, ret: 9 }));
    assert.deepEqual([pipeline.faults, faults.length, seen.length], [2, 1, 1]);
  });
});
