/** What it costs when the node's network or the API server is away: matches made meanwhile are counted against matches told. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { startApi } from "../control.ts";
import { nodeName } from "../layout.ts";
import { inControl, pidOf } from "../processes.ts";
import { binary, sharedCluster } from "../shared.ts";
import { assertWhole, objectsCount, openScene, settled, type Scene } from "./scene.ts";
import { inAlerts, inEvents, inFile, metric, metricsOf, received } from "./told.ts";

/** How many matters agents keep here: a storm has more. */
const matters = 50;

describe("a cluster of two nodes where something is away for a while", function () {
  this.timeout(600_000);
  sharedCluster();
  let scene: Scene;
  before(async () => {
    scene = await openScene(`settings.report.matters=${matters}`);
  });
  after(() => scene?.stop());

  it("a node's network, for a minute: all is told afterwards, in order", async () => {
    const run = { node: 2, name: "network", matches: 500, matters: 5, pause: 80 } as const;
    const plug = `to-${nodeName(2)}`;
    await inControl("ip", "link", "set", plug, "down");
    try {
      await Promise.all([scene.senders.send(run).done, sleep(60_000)]);
      assert.equal(received(run.name).length, 0);
      assertWhole(inFile(run.name, 2), run.matches, "the node's file, while the network is away");
    } finally {
      await inControl("ip", "link", "set", plug, "up");
    }
    assertWhole(await settled(() => received(run.name), run.matches), run.matches, "the receiver");
    await objectsCount(run.name, run.matches);
    const after = await metricsOf(2);
    assert.equal(metric(after, "tiercel_report_held_back_total"), 0);
  });

  it("the API server, for a minute, in a storm of more matters than are kept: counts and what was held back are all of it", async () => {
    const run = { node: 1, name: "storm", matches: 1500, matters: 150, pause: 10 } as const;
    const before = await metricsOf(1);
    const api = pidOf("apiserver");
    assert.ok(api !== undefined);
    process.kill(api, "SIGKILL");
    try {
      await Promise.all([scene.senders.send(run).done, sleep(60_000)]);
      assertWhole(
        await settled(() => received(run.name), run.matches),
        run.matches,
        "the receiver, while the API is away",
      );
      assertWhole(inFile(run.name, 1), run.matches, "the node's file, while the API is away");
    } finally {
      await startApi(binary);
    }
    for (const [kind, read] of [
      ["SecurityAlert", inAlerts],
      ["Event", inEvents],
    ] as const) {
      const waiting = `kind="${kind}"`;
      const counted = await settledCount(read, waiting);
      const now = await metricsOf(1);
      const held =
        metric(now, "tiercel_report_held_back_total", waiting) -
        metric(before, "tiercel_report_held_back_total", waiting);
      assert.ok(held > 0, "more matters than are kept");
      assert.equal(counted + held, run.matches, kind);
    }
  });

  /** What objects count once nothing waits any longer. */
  async function settledCount(read: typeof inAlerts, kind: string): Promise<number> {
    for (let tries = 0; tries < 120; tries++) {
      const waits = metric(
        await metricsOf(1).catch(() => new Map([["tiercel_report_waiting_matches", 1]])),
        "tiercel_report_waiting_matches",
        kind,
      );
      if (waits === 0) return (await read("storm")).matches;
      await sleep(1000);
    }
    throw new Error("matches wait for more than two minutes");
  }
});
