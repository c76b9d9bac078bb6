/**
 * The operator between two chairs: a proxy spoils what goes between it and a real API server. After each fault the state is
 * right, nothing was lost, and nothing has ended.
 */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { resources } from "../../operator/kube/resources.ts";
import { eventually } from "../system/support/commands.ts";
import { ChaosProxy } from "./chaos-proxy.ts";
import { ControlPlane } from "./control-plane.ts";
import { isWrite, mishaps } from "./mishaps.ts";
import { OperatorProcess } from "./operator-process.ts";

type Map = KubeObject & { readonly data?: Readonly<Record<string, string>> };

const namespace = "default";
const resource = resources.configMaps;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A short Lease, so that tests are. */
const election = {
  "leader_election.lease_duration": "6",
  "leader_election.renew_deadline": "4",
  "leader_election.retry_period": "1",
};

describe("the operator under faults", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let client: ClusterClient;
  const running: OperatorProcess[] = [];
  const proxies: ChaosProxy[] = [];
  let edits = 0;

  before(async function () {
    plane = await ControlPlane.start(this);
    admin = plane.as("admin");
    client = new ClusterClient(admin);
  });
  after(async () => {
    for (const operator of running) await operator.end("SIGKILL");
    for (const proxy of proxies) await proxy.stop();
    await plane?.stop();
  });

  const start = async (pod: string, proxy?: ChaosProxy) => {
    const access = plane.access("admin");
    const kubeconfig = plane.kubeconfig({ access: proxy?.access(access) ?? access });
    const operator = await OperatorProcess.start({
      kubeconfig,
      pod,
      mirror: true,
      settings: election,
    });
    running.push(operator);
    return operator;
  };
  const behindProxy = async (pod: string) => {
    const proxy = await ChaosProxy.start(plane);
    proxies.push(proxy);
    return { proxy, operator: await start(pod, proxy) };
  };

  const all = async (role: string) => {
    const found = new Map<string, Map>();
    for await (const one of client.list<Map>(resource, { namespace, labelSelector: `role=${role}` }))
      found.set(one.metadata.name.replace(/^copy-/, ""), one);
    return found;
  };
  const put = (name: string, more: Readonly<Record<string, string>> = {}) =>
    client.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name, labels: { role: "source" } },
      data: { edit: String(++edits), ...more },
    });
  const remove = (name: string) => client.delete({ resource, namespace, name });

  /** A new object, a changed one, and two that go: one that has a copy, and one that came and went meanwhile. */
  const edit = async () => {
    const names = [...(await all("source")).keys()];
    await put(`new-${edits}`);
    if (names[0] !== undefined) await put(names[0]);
    if (names[1] !== undefined) await remove(names[1]);
    const short = `short-${edits}`;
    await put(short);
    await remove(short);
  };
  const differences = async () => {
    const [sources, copies] = [await all("source"), await all("copy")];
    const names = new Set([...sources.keys(), ...copies.keys()]);
    return [...names].filter(
      (name) => sources.get(name)?.data?.["edit"] !== copies.get(name)?.data?.["edit"],
    );
  };
  const right = async (operator: OperatorProcess, bound = 40_000) => {
    await eventually(
      "every source has its copy, and nothing else has one",
      async () => {
        assert.ok(operator.lives, `the operator ended: ${operator.log}`);
        return (await differences()).length === 0 ? true : undefined;
      },
      bound,
    ).catch(async (error: Error) => {
      const log = operator.log.split("\n").slice(-30).join("\n");
      throw new Error(`${error.message}; wrong: ${(await differences()).join()}; log: ${log}`);
    });
    assert.doesNotMatch(operator.log, /process\.exit|Unhandled|uncaught/i);
  };

  const faults = mishaps({ plane: () => plane, edit });

  /** Those that are done to requests, which must have come for the test to mean anything. */
  const onRequests = new Set(
    faults.map(([what]) => what).filter((what) => / (answer|answered|late|lost|cut before|hang)/.test(what)),
  );

  describe("of the network", () => {
    let proxy: ChaosProxy;
    let operator: OperatorProcess;

    before(async () => {
      ({ proxy, operator } = await behindProxy("one"));
      for (let i = 0; i < 25; i++) await put(`first-${i}`);
      await right(operator);
    });
    after(() => operator?.end());

    for (const [what, fault] of faults)
      it(`is right again after ${what}`, async () => {
        const from = proxy.asked.length;
        const undo = await fault(proxy);
        await edit();
        await pause(1500);
        await edit();
        await undo?.();
        await right(operator);
        proxy.clear();
        const spoiled = proxy.asked.slice(from).filter(({ act }) => act !== undefined).length;
        assert.ok(spoiled > 0 || !onRequests.has(what), "nothing was spoiled: this tests nothing");
      });

    it("is right again after all of them, at random, with edits all the while", async () => {
      let seed = 7;
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
      for (let i = 0; i < 12; i++) {
        const undo = await faults[random(faults.length)]![1](proxy);
        for (let j = random(3); j >= 0; j--) {
          await edit();
          await pause(random(700));
        }
        await undo?.();
      }
      proxy.clear();
      await right(operator, 60_000);
    });

    it("writes nothing but its Lease where nothing changes", async () => {
      await pause(1000);
      const from = proxy.asked.length;
      await pause(6000);
      const writes = proxy.asked.slice(from).filter(({ method }) => method !== "GET");
      assert.ok(writes.length > 0, "the Lease is renewed");
      assert.deepEqual(writes.filter(isWrite), []);
    });

    it("is right again after the API server was killed and started anew", async () => {
      await edit();
      await plane.killApi();
      await pause(1500);
      await plane.startApi();
      await edit();
      await right(operator);
    });

    it("is right again after it was killed itself, with edits while it was away", async () => {
      await edit();
      await operator.end("SIGKILL");
      await edit();
      operator = await start("one", proxy);
      await edit();
      await right(operator, 40_000);
    });
  });

  describe("of its fellow", () => {
    it("acts alone; the other takes over within the Lease's time when it is killed, and not sooner", async () => {
      const a = await behindProxy("a");
      await a.operator.untilLeads();
      const b = await behindProxy("b");
      await b.operator.ready();
      for (let i = 0; i < 10; i++) {
        await edit();
        await pause(300);
      }
      await right(a.operator);
      assert.deepEqual(b.proxy.asked.filter(isWrite), []);
      assert.equal(await b.operator.leads(), false);

      await a.operator.end("SIGKILL");
      const killed = performance.now();
      await edit();
      assert.equal(await b.operator.leads(), false);
      await b.operator.untilLeads();
      const took = performance.now() - killed;
      assert.ok(took > 3000 && took < 6000 + 2000 + 1500, `took over after ${Math.round(took)} ms`);
      await right(b.operator);
      for (const copy of (await all("copy")).values()) assert.equal(copy.data?.["by"], "b");

      const again = await start("a", a.proxy);
      await again.ready();
      a.proxy.asked.length = 0;
      await edit();
      await right(b.operator);
      assert.deepEqual(a.proxy.asked.filter(isWrite), []);

      // The one that acts cannot reach the server any more: it stops by itself, and lives on.
      b.proxy.refuse();
      await eventually(
        "the other acts",
        async () => {
          const [first, second] = [await b.operator.leads(), await again.leads()];
          assert.ok(!(first && second), "two act");
          return second ? true : undefined;
        },
        15_000,
      );
      assert.ok(b.operator.lives);
      await edit();
      await right(again);
      await b.proxy.accept();
      await pause(3000);
      b.proxy.asked.length = 0;
      await edit();
      await right(again);
      assert.deepEqual(b.proxy.asked.filter(isWrite), []);

      // A clean stop gives the Lease back: nobody has to wait for its end.
      const { code } = await again.end();
      assert.equal(code, 0);
      const began = performance.now();
      await b.operator.untilLeads();
      assert.ok(performance.now() - began < 3500, `${performance.now() - began} ms`);
      await right(b.operator);
      await b.operator.end();
    });

    it("keeps the Lease while its main thread is busy for longer than that lasts", async () => {
      const busy = await start("busy");
      await busy.untilLeads();
      const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/tiercel-operator";
      const transitions = async () =>
        ((await admin.ask({ path })) as { spec: { leaseTransitions: number } }).spec.leaseTransitions;
      const before = await transitions();
      const other = await start("other");
      await other.ready();
      await right(busy);
      await put("busy", { block: "9000" });
      await pause(1000);
      assert.equal(await busy.metrics(), undefined, "its main thread is busy");
      await pause(7500);
      assert.equal(await other.leads(), false);
      assert.equal(await transitions(), before);
      await right(busy);
      await Promise.all([busy.end(), other.end()]);
    });
  });
});
