import assert from "node:assert/strict";
import { LeadingRun } from "../../../operator/kube/leading-run.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function begin() {
  const steps: string[] = [];
  let release: (() => void) | undefined;
  const run = new LeadingRun(
    [
      {
        start: () => void steps.push("start"),
        async stop() {
          steps.push("stop");
          if (release === undefined) return;
          await new Promise<void>((resolve) => (release = resolve));
          steps.push("stopped");
        },
      },
    ],
    () => {},
  );
  return { run, steps, hold: () => (release = () => {}), let: () => release!() };
}

describe("running while leading", () => {
  it("begins when it leads and every informer has listed, in either order", async () => {
    for (const order of [
      ["leads", "synced"],
      ["synced", "leads"],
    ] as const) {
      const { run, steps } = begin();
      for (const what of order) {
        await settle();
        assert.deepEqual(steps, []);
        if (what === "leads") run.leads(true);
        else run.synced();
      }
      await settle();
      assert.deepEqual(steps, ["start"]);
    }
  });

  it("ends when it does not lead any more, and begins anew when it does", async () => {
    const { run, steps } = begin();
    run.synced();
    for (const leads of [true, false, true]) {
      run.leads(leads);
      await settle();
      assert.equal(run.running, leads);
    }
    assert.deepEqual(steps, ["start", "stop", "start"]);
  });

  it("does not begin anew before what went before has ended", async () => {
    const { run, steps, hold, let: go } = begin();
    hold();
    run.synced();
    run.leads(true);
    await settle();
    for (const leads of [false, true, false, true]) {
      run.leads(leads);
      await settle();
    }
    assert.deepEqual(steps, ["start", "stop"]);
    go();
    await settle();
    assert.deepEqual(steps, ["start", "stop", "stopped", "start"]);
  });

  it("ends for good", async () => {
    const { run, steps } = begin();
    run.synced();
    run.leads(true);
    await settle();
    await run.stop();
    run.leads(false);
    run.leads(true);
    await settle();
    assert.deepEqual(steps, ["start", "stop"]);
  });
});
