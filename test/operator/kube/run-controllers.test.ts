import assert from "node:assert/strict";
import { ApiFault } from "../../../agent/kube/fault.ts";
import { watch, type Controller } from "../../../operator/kube/controller.ts";
import { InformerStore } from "../../../operator/kube/informer.ts";
import { Metrics } from "../../../operator/kube/metrics.ts";
import type { KubeObject } from "../../../operator/kube/object.ts";
import { resources } from "../../../operator/kube/resources.ts";
import { ControllerRun } from "../../../operator/kube/run-controllers.ts";
import { TestClock } from "../../agent/kube/clock.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function begin(more: Partial<Controller> = {}) {
  const clock = new TestClock();
  const said: string[] = [];
  const seen: string[] = [];
  const store = new InformerStore(
    { resource: resources.falcoRules, project: ({ metadata }: KubeObject) => metadata.generation ?? 0 },
    () => {},
  );
  let uid = 0;
  const put = (name: string, generation: number, id = name) =>
    store.put(id, { metadata: { namespace: "n", name, uid: `${uid++}`, generation } });
  const controller: Controller = {
    name: "test",
    watches: [watch(store)],
    reconcile: async (key) => void seen.push(key),
    ...more,
  };
  const metrics = new Metrics();
  const log = (level: string, message: string) => void said.push(`${level}: ${message}`);
  const run = new ControllerRun(controller, { clock, random: () => 1, log, metrics });
  return { run, clock, said, seen, store, put, metrics };
}

describe("running a controller", () => {
  it("works on all objects at the start, then on what changes", async () => {
    const { run, seen, put, store } = begin({ keys: ["always"] });
    put("a", 1);
    run.start();
    await settle();
    assert.deepEqual(seen.splice(0), ["always", "n/a"]);
    put("a", 1);
    put("b", 1);
    await settle();
    assert.deepEqual(seen.splice(0), ["n/b"]);
    store.remove("a");
    await settle();
    assert.deepEqual(seen.splice(0), ["n/a"]);
    await run.stop();
    put("c", 1);
    await settle();
    assert.deepEqual(seen, []);
  });

  it("takes keys from changes as the controller wants them", async () => {
    const seen: string[] = [];
    const { run, put, store } = begin({ reconcile: async (key) => void seen.push(key) });
    const { run: other } = begin({
      watches: [watch(store, ({ before, after }) => (after === before ? [] : ["all"]))],
      reconcile: async (key) => void seen.push(key),
    });
    put("a", 1);
    put("b", 1);
    other.start();
    await settle();
    assert.deepEqual(seen, ["all"]);
    await Promise.all([run.stop(), other.stop()]);
  });

  it("goes through all again when it leads again", async () => {
    const { run, seen, put } = begin();
    put("a", 1);
    run.start();
    await settle();
    await run.stop();
    put("b", 1);
    run.start();
    await settle();
    assert.deepEqual(seen, ["n/a", "n/a", "n/b"]);
    await run.stop();
  });

  it("says failures: the API's in one line, ours with their place, a lost race only where it repeats", async () => {
    const faults: unknown[] = [
      new ApiFault("refused", "HTTP 409: x", { status: 409 }),
      new ApiFault("server", "HTTP 500: y", { status: 500 }),
      new TypeError("ours"),
    ];
    const { run, said, put, clock } = begin({
      reconcile: async () => {
        const fault = faults.shift();
        if (fault !== undefined) throw fault as Error;
      },
    });
    put("a", 1);
    run.start();
    for (let i = 0; i < 5; i++) {
      await settle();
      clock.advance(60_000);
    }
    assert.match(said[0]!, /^debug: test: n\/a: HTTP 409: x; tried again in 0\.\d s \(failures: 1\)$/);
    assert.match(said[1]!, /^warning: test: n\/a: HTTP 500: y; /);
    assert.match(said[2]!, /^warning: test: n\/a: TypeError: ours\n\s+at /);
    assert.equal(said.length, 3);
    await run.stop();
  });

  it("counts under the names that dashboards know", async () => {
    const { run, put, metrics, clock } = begin({
      reconcile: async (key) => {
        if (key === "n/bad") throw new Error("no");
        if (key === "n/late") return { after: 1000 };
        clock.advance(2000);
        return undefined;
      },
    });
    for (const name of ["good", "bad", "late"]) put(name, 1);
    run.start();
    await settle();
    const text = await metrics.text();
    for (const line of [
      'controller_runtime_reconcile_total{controller="test",result="success"} 1',
      'controller_runtime_reconcile_total{controller="test",result="error"} ',
      'controller_runtime_reconcile_total{controller="test",result="requeue_after"} ',
      'controller_runtime_reconcile_errors_total{controller="test"} ',
      'controller_runtime_reconcile_time_seconds_bucket{le="2",controller="test"} ',
      'controller_runtime_active_workers{controller="test"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="test"} 1',
      'workqueue_depth{name="test",controller="test"} 0',
      'workqueue_adds_total{name="test",controller="test"} ',
      'workqueue_queue_duration_seconds_count{name="test",controller="test"} ',
      'workqueue_work_duration_seconds_count{name="test",controller="test"} ',
      'workqueue_unfinished_work_seconds{name="test",controller="test"} 0',
      'workqueue_longest_running_processor_seconds{name="test",controller="test"} 0',
      'workqueue_retries_total{name="test",controller="test"} ',
    ])
      assert.ok(text.includes(line), `${line} in\n${text}`);
    await run.stop();
  });
});

describe("metrics of ours", () => {
  it("stay within their budget of series", async () => {
    const metrics = new Metrics();
    const count = metrics.counter("tiercel_operator_test_total", "Test", ["name"]);
    for (let i = 0; i < 600; i++) count.add([`n${i}`]);
    count.add(["x".repeat(1000)]);
    const text = await metrics.text();
    const series = text.split("\n").filter((line) => line.startsWith("tiercel_operator_test_total{"));
    assert.equal(series.length, 500);
    assert.ok(series.includes('tiercel_operator_test_total{name="(others)"} 102'));
  });

  it("may be set anew", async () => {
    const metrics = new Metrics();
    const level = metrics.gauge("tiercel_operator_test", "Test", ["name"]);
    level.set(["a"], 1);
    level.clear();
    level.set(["b"], 2);
    const text = await metrics.text();
    assert.ok(text.includes('{name="b"} 2') && !text.includes('{name="a"}'));
  });
});
