/**
 * An agent that starts while the API server is away: sinks without credentials go on as they were, those with credentials get
 * every alert, in order, once the API is back. Operator and agents are processes, the API server is real.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { HttpReceiver } from "../agent/sinks/receivers.ts";
import { atHome, AuditScene } from "./audit-scene.ts";
import { home } from "./installed-chart.ts";

describe("AlertSinks over a new start without the API server", function () {
  this.timeout(300_000);
  const world = new HttpReceiver();
  let scene: AuditScene;

  /** What came at a path: the names of namespaces, in order. */
  const got = (path: string) =>
    world.requests
      .filter((request) => request.path === path)
      .map(({ body }) => /made (n\d+)/.exec((JSON.parse(body) as { output: string }).output)![1]!);
  const first = (count: number) => Array.from({ length: count }, (_, number) => `n${number}`);
  const has = async (path: string, count: number) => {
    await scene.until(`${count} at ${path}`, () => got(path).length >= count);
    assert.deepEqual(got(path), first(count), path);
  };

  before(async function () {
    const url = `http://127.0.0.1:${await world.listen()}`;
    const urlFrom = { secretKeyRef: { name: "hook", key: "url" } };
    scene = await AuditScene.open(this, [
      atHome("AlertSink", "plain", { spec: { webhook: { url: `${url}/plain` } } }),
      atHome("Secret", "hook", { stringData: { url: `${url}/s3cr3t` } }),
      atHome("AlertSink", "secret", { spec: { webhook: { urlFrom } } }),
    ]);
  });
  after(async () => {
    await scene?.close();
    world.close();
  });

  it("are kept on the disk for root alone, without what is secret", async () => {
    await scene.raise(20);
    await has("/plain", 20);
    await has("/s3cr3t", 20);
    const kept = join(scene.state, "sinks.json");
    await scene.until("both are kept", () => readFileSync(kept, "utf8").includes('"secret"'));
    assert.equal(statSync(kept).mode & 0o777, 0o600);
    assert.equal(statSync(scene.state).mode & 0o777, 0o700);
    for (const file of readdirSync(scene.state, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        assert.ok(!readFileSync(join(file.parentPath, file.name), "latin1").includes("s3cr3t"), file.name);
  });

  it("deliver without the API server, but for those with credentials, which hold their alerts", async () => {
    assert.equal(await scene.agent.stop(), 0);
    await scene.plane.killApi();
    await scene.start();
    await scene.raise(30);
    await has("/plain", 50);
    assert.match(scene.agent.log(), /those of the last run are used/);
    assert.match(scene.agent.log(), new RegExp(`${home}/secret: waits for its credential`));
    assert.equal(got("/s3cr3t").length, 20);
  });

  it("give those every alert, in order, once the API is back, after one more start too", async () => {
    assert.equal(await scene.agent.stop(), 0);
    await scene.start();
    await scene.raise(25);
    await has("/plain", 75);
    assert.equal(got("/s3cr3t").length, 20);
    await scene.plane.startApi();
    await has("/s3cr3t", 75);
    await scene.raise(5);
    await has("/plain", 80);
    await has("/s3cr3t", 80);
  });
});
