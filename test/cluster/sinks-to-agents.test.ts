/** From an AlertSink and its Secret to a receiver: operator and agent's side together on a real API server. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterSinks } from "../../agent/cli/cluster/cluster-sinks.ts";
import { SinksStore } from "../../agent/cli/cluster/sinks-store.ts";
import type { Alert } from "../../agent/engine/alert.ts";
import { alertJson } from "../../agent/engine/render.ts";
import { systemClock } from "../../agent/sinks/clock.ts";
import { AlertSinks } from "../../agent/sinks/objects/alert-sinks.ts";
import { defaultTls, Trust } from "../../agent/sinks/trust.ts";
import { alertSinksController } from "../../operator/controllers/alert-sinks/controller.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import { resources } from "../../operator/kube/resources.ts";
import { HttpReceiver } from "../agent/sinks/receivers.ts";
import { sampleAlert } from "../agent/sinks/sample.ts";
import { root } from "../support/reference.ts";
import { ControlPlane } from "./control-plane.ts";
import { runController, type RunningController } from "./run-controller.ts";

const namespace = "tiercel-system";

/** Tries until nothing is thrown, at most ten seconds. */
async function holds(check: () => void | Promise<void>, what: string): Promise<void> {
  for (const end = Date.now() + 10_000; ; await sleep(10))
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what} did not come: ${String(error)}`, { cause: error });
    }
}

describe("an AlertSink on its way to agents", function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let operator: RunningController | undefined;
  let watch: ClusterSinks | undefined;
  let sinks: AlertSinks | undefined;
  const folder = mkdtempSync(join(tmpdir(), "tiercel-sinks-"));
  const world = new HttpReceiver();
  const log: string[] = [];

  const apply = (kind: "AlertSink" | "Secret", home: string, name: string, rest: object) =>
    plane.apply({
      apiVersion: kind === "Secret" ? "v1" : "tiercel.dev/v1alpha1",
      kind,
      metadata: { namespace: home, name },
      ...rest,
    });
  const about = (home: string, message: string): Alert =>
    sampleAlert({
      message,
      identity: { namespace, object: "o", rule: "r" },
      subject: { namespace: home, pod: "p", podUid: "u", container: "c", image: "i" },
    });
  /** URL and message of each that came. */
  const got = () =>
    world.requests.map(
      ({ path, body }) =>
        `${path} ${/Notice (.*)$/.exec((JSON.parse(body) as { output: string }).output)![1]}`,
    );

  before(async function () {
    plane = await ControlPlane.start(this);
    for (const name of [namespace, "red"])
      await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const file of readdirSync(`${root}crds`))
      await plane.apply(readFileSync(`${root}crds/${file}`, "utf8"));
    const { code, stderr } = await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    assert.equal(code, 0, stderr);
    const proxy = `http://127.0.0.1:${await world.listen()}`;
    operator = await runController({ cluster: plane, namespace }, (context) =>
      alertSinksController(context, { teamSecrets: true }),
    );
    sinks = new AlertSinks({
      ...{ operatorNamespace: namespace, node: "node-1", clock: systemClock, random: () => 0.01 },
      surroundings: {
        stdout: { stream: new PassThrough(), regularFile: false },
        openDatagram: () => "ENOENT",
        logFolder: folder,
        http: { trust: new Trust(defaultTls), proxy: { http: proxy, https: proxy, no: "" } },
        clock: systemClock,
        form: "json",
      },
      render: (alert) => alertJson(alert),
      limits: {
        operator: { capacity: 100, characters: 1 << 20, spool: 1 << 20 },
        team: { capacity: 10, characters: 1 << 16, spool: 1 << 20 },
      },
      spool: { folder: join(folder, "sinks") },
      team: { rate: 100, burst: 1000 },
      report: (_level, _cause, message) => log.push(message),
    });
    watch = new ClusterSinks({
      ...{ client: plane.as("admin"), clock: systemClock, random: Math.random, namespace, name: "tiercel" },
      log: (_level, message) => void log.push(message),
      apply: (entries, secrets, how) => sinks!.apply(entries, secrets, how),
      store: new SinksStore(folder),
    });
    watch.start();
  });
  after(async () => {
    await watch?.stop();
    await sinks?.close(0);
    await operator?.stop();
    world.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const hook = { spec: { webhook: { urlFrom: { secretKeyRef: { name: "hook", key: "url" } } } } };

  it("holds alerts until its Secret is there, then delivers them in order", async () => {
    await apply("AlertSink", "red", "hook", hook);
    await holds(
      () => assert.match(sinks!.facts()[0]?.lastError ?? "", /waits for its credential/),
      "the sink",
    );
    sinks!.publish(Array.from({ length: 50 }, (_, n) => about("red", `m${n}`)));
    assert.equal(world.requests.length, 0);
    await apply("Secret", "red", "hook", { stringData: { url: "http://first.red/s3cr3t-1" } });
    await holds(() => assert.equal(world.requests.length, 50), "all alerts");
    assert.deepEqual(
      got(),
      Array.from({ length: 50 }, (_, n) => `http://first.red/s3cr3t-1 m${n}`),
    );
    assert.deepEqual(
      sinks!.facts().map(({ name, delivered, lastError }) => [name, delivered, lastError]),
      [["red/hook", 50, undefined]],
    );
  });

  it("sends to the new place within two seconds of a rotated Secret, and loses nothing on the way", async () => {
    world.requests.length = 0;
    const start = Date.now();
    await apply("Secret", "red", "hook", { stringData: { url: "http://second.red/s3cr3t-2" } });
    const applied = Date.now();
    let sent = 0;
    while (!got().some((line) => line.includes("second"))) {
      sinks!.publish([about("red", `n${sent++}`)]);
      await sleep(10);
      assert.ok(Date.now() - start < 10_000, "the new place");
    }
    const took = Date.now() - applied;
    await holds(() => assert.equal(world.requests.length, sent), "all alerts");
    assert.deepEqual(
      got().map((line) => line.split(" ")[1]),
      Array.from({ length: sent }, (_, n) => `n${n}`),
    );
    assert.ok(took < 2000, `${took} ms`);
  });

  it("goes on for others while one comes, changes or goes", async () => {
    world.requests.length = 0;
    await apply("AlertSink", namespace, "all", { spec: { webhook: { url: "http://all.ops/" } } });
    await holds(() => assert.equal(sinks!.counters().length, 2), "the second sink");
    sinks!.publish([about("red", "both")]);
    await holds(() => assert.equal(world.requests.length, 2), "both");
    const client = new ClusterClient(plane.as("admin"));
    await client.delete({ resource: resources.alertSinks, namespace, name: "all" });
    await holds(
      () =>
        assert.deepEqual(
          sinks!.counters().map(({ name }) => name),
          ["red/hook"],
        ),
      "its end",
    );
    sinks!.publish([about("red", "one")]);
    await holds(() => assert.equal(got().at(-1), "http://second.red/s3cr3t-2 one"), "the other");
    assert.equal(world.requests.length, 3);
  });

  it("goes on as it is while the API server is away, and takes what changed meanwhile", async () => {
    world.requests.length = 0;
    await plane.killApi();
    sinks!.publish([about("red", "away")]);
    await holds(() => assert.equal(world.requests.length, 1), "the alert");
    await plane.startApi();
    await apply("Secret", "red", "hook", { stringData: { url: "http://third.red/" } });
    await holds(() => {
      sinks!.publish([about("red", "back")]);
      assert.ok(got().includes("http://third.red/ back"));
    }, "the third place");
  });

  it("shows its credential nowhere", () => {
    const texts = [...log, ...operator!.log, JSON.stringify(sinks!.facts())];
    assert.ok(texts.length > 1);
    for (const text of texts) assert.ok(!text.includes("s3cr3t"), text);
  });
});
