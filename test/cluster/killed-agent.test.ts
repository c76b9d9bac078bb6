/**
 * What kill -9 of an agent costs: operator and agent are processes, the API server is real. Matches that the agent was sent
 * are compared with what the rule's status counts in the end.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AuditScene } from "./audit-scene.ts";
import { home } from "./installed-chart.ts";

/** Milliseconds: counts are on the disk within two seconds of a match. */
const keptWithin = 3000;

describe("an agent that is killed", function () {
  this.timeout(300_000);
  let scene: AuditScene;

  const counted = async () => {
    const path = ["-o", "jsonpath={.status.matches}"];
    return Number((await scene.plane.kubectl(["get", "falcorule", "made", "-n", home, ...path])).stdout);
  };

  before(async function () {
    scene = await AuditScene.open(this);
  });
  after(() => scene?.close());

  it("loses nothing that is older than a few seconds, though its NodeAgent was not told of it", async () => {
    await scene.plane.killApi();
    await scene.raise(40);
    await sleep(2 * keptWithin);
    await scene.kill();
    await scene.plane.startApi();
    await scene.start();
    await scene.until("all are counted", async () => (await counted()) === scene.sent);
  });

  it("loses at most what matched in its last seconds, and nothing is counted twice", async () => {
    const times: number[] = [];
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(100)) {
      await scene.raise(1);
      times.push(Date.now());
    }
    const killed = Date.now();
    await scene.kill();
    await scene.start();
    const gap = /warning: no audit event was taken here for [\d.]+ s, .*: the agent was killed/;
    await scene.until("the gap is said", () => gap.test(scene.agent.log()));
    await scene.raise(1);
    const before = scene.sent - 1 - times.length;
    const old = times.filter((time) => time < killed - keptWithin).length;
    await scene.until("the new one's is counted", async () => (await counted()) >= before + old + 1);
    // Its last word is told at once; the roll-up's next write would show what is counted twice.
    assert.equal(await scene.agent.stop(), 0);
    await scene.start();
    await sleep(15_000);
    const total = await counted();
    const lost = scene.sent - total;
    assert.ok(lost >= 0, `${total} counted of ${scene.sent}`);
    assert.ok(lost <= times.length - old, `${lost} of ${times.length} lost`);
  });

  it("that ends as it should loses none", async () => {
    const missing = scene.sent - (await counted());
    await scene.raise(7);
    assert.equal(await scene.agent.stop(), 0);
    await scene.start();
    await scene.until("all are counted", async () => (await counted()) === scene.sent - missing);
  });
});
