/** The proxy that spoils connections to a real API server: that each fault is the fault it says. */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { KubeClient as Client } from "../../agent/kube/client.ts";
import type { ApiFault } from "../../agent/kube/fault.ts";
import { realClock } from "../agent/kube/clock.ts";
import { eventually } from "../system/support/commands.ts";
import { ChaosProxy, type Asked } from "./chaos-proxy.ts";
import { ControlPlane } from "./control-plane.ts";

interface Answered {
  readonly metadata: { readonly resourceVersion: string };
}

const path = "/api/v1/namespaces/default/configmaps";

describe("the chaos proxy", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let proxy: ChaosProxy;
  let client: KubeClient;
  const times = { answer: 1000, stall: 1000, whole: 5000, idle: 2000 };

  before(async function () {
    plane = await ControlPlane.start(this);
    proxy = await ChaosProxy.start(plane);
    const access = proxy.access(plane.access("admin"));
    client = new Client({ access, clock: realClock, userAgent: "test", times });
    await eventually("there is a namespace", () =>
      plane
        .as("admin")
        .ask({ path: "/api/v1/namespaces/default" })
        .catch(() => undefined),
    );
  });
  afterEach(() => {
    proxy?.clear();
    client?.close();
  });
  after(async () => {
    await proxy?.stop();
    await plane?.stop();
  });

  const ask = () => client.ask({ path, query: { limit: "1" } });
  const post = (name: string) =>
    client.ask({
      method: "POST",
      path,
      body: { type: "application/json", text: JSON.stringify({ metadata: { name } }) },
    });
  const faultOf = (asked: Promise<unknown>): Promise<ApiFault> =>
    asked.then(
      () => assert.fail("it was answered"),
      (error: unknown) => error as ApiFault,
    );
  /** A watch that is open, and what it was told. */
  const watch = async () => {
    const events: { type: string; object: { code?: number; metadata: { name: string } } }[] = [];
    let opened = false;
    // Not from version 0: Debian's etcd 3.4 cannot do a watch that begins with a list.
    const { metadata } = (await plane.as("admin").ask({ path, query: { limit: "1" } })) as Answered;
    const done = client
      .watch(
        {
          path,
          query: { watch: "1", allowWatchBookmarks: "true", resourceVersion: metadata.resourceVersion },
        },
        {
          leftOut: () => {},
          opened: () => (opened = true),
          take: (event) => events.push(event as (typeof events)[number]),
        },
      )
      .then(
        () => "ended" as const,
        (error: unknown) => error as ApiFault,
      );
    await eventually("the watch is open", () => (opened ? true : undefined));
    return { events, done };
  };

  it("lets everything through where there is no fault, watches included", async () => {
    const { events, done } = await watch();
    await post("passed");
    await eventually("it is told", () => events.find(({ object }) => object.metadata.name === "passed"));
    assert.equal(proxy.watches, 1);
    client.close();
    await done;
    const asked = proxy.asked.map(({ method, watch: watching }) => [method, watching]);
    assert.deepEqual(asked, [
      ["GET", true],
      ["POST", false],
    ]);
  });

  it("answers with a code and Retry-After, as often as told, to the requests that it is told", async () => {
    const only = ({ method }: Asked) => method === "GET";
    proxy.fault({ act: { answer: 429, retryAfter: 7 }, only, times: 1 });
    proxy.fault({ act: { answer: 500 }, only, times: 1 });
    proxy.fault({ act: { answer: 401 }, only, times: 1 });
    await post("not-spoiled");
    const faults = [await faultOf(ask()), await faultOf(ask()), await faultOf(ask())];
    assert.deepEqual(
      faults.map(({ kind, status, retryAfter }) => [kind, status, retryAfter]),
      [
        ["throttled", 429, 7000],
        ["server", 500, undefined],
        ["unauthorized", 401, undefined],
      ],
    );
    await ask();
  });

  it("tells a watch 410 as its first event, and a list as its answer", async () => {
    proxy.fault({ act: { errorEvent: 410 } });
    const { events, done } = await watch();
    assert.equal(await done, "ended");
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.code]),
      [["ERROR", 410]],
    );
    assert.equal((await faultOf(ask())).kind, "gone");
  });

  it("ends an open watch with an ERROR", async () => {
    const { events, done } = await watch();
    await post("told-before");
    await eventually("it was told what there is", () => (events.length > 0 ? true : undefined));
    proxy.endWatches(410);
    assert.equal(await done, "ended");
    assert.equal(events.at(-1)!.object.code, 410);
  });

  it("cuts before the server is asked, or after it did it", async () => {
    proxy.fault({ act: "cut", times: 1 });
    assert.equal((await faultOf(post("never"))).kind, "network");
    proxy.fault({ act: "cut-after", times: 1 });
    assert.equal((await faultOf(post("done"))).kind, "network");
    const names = JSON.stringify(await client.ask({ path }));
    assert.deepEqual([names.includes('"never"'), names.includes('"done"')], [false, true]);
  });

  it("cuts, or half-closes, what is open", async () => {
    const cut = await watch();
    proxy.cut();
    assert.equal(((await cut.done) as ApiFault).kind, "network");
    const closed = await watch();
    proxy.halfClose();
    assert.equal(((await closed.done) as ApiFault).kind, "network");
    await ask();
  });

  it("falls silent on open connections, and new ones work", async () => {
    const { events, done } = await watch();
    proxy.silence();
    const told = events.length;
    await plane.kubectl(["create", "configmap", "unheard"]);
    assert.equal(((await done) as ApiFault).kind, "timeout");
    assert.equal(events.length, told);
    await ask();
  });

  it("hangs, is late, and breaks off in the middle", async () => {
    proxy.fault({ act: "hang", times: 1 });
    assert.equal((await faultOf(ask())).kind, "timeout");
    proxy.fault({ act: { delay: 300 }, times: 1 });
    const start = Date.now();
    await ask();
    assert.ok(Date.now() - start >= 300);
    proxy.fault({ act: "half", times: 1 });
    assert.equal((await faultOf(ask())).kind, "network");
  });

  it("is away, and back at the same port", async () => {
    proxy.refuse();
    assert.equal((await faultOf(ask())).kind, "network");
    await proxy.accept();
    await ask();
  });

  it("says that a client certificate cannot pass", () => {
    assert.throws(() => proxy.access(plane.access("ann")), /use a token/);
  });
});
