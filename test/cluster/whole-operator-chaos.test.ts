/**
 * The whole operator with the chart's objects and rights behind a proxy that spoils what goes between it and a real API server:
 * rules, sinks with their Secrets, agents and what others change of them. Afterwards everything is as the objects say.
 */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { setDigest } from "../../agent/rules/set/digest.ts";
import { objectKey } from "../../agent/rules/set/order.ts";
import type { SetObject } from "../../agent/rules/set/rule-set.ts";
import type { FalcoRuleStatus } from "../../operator/api/generated/falcorules.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { resources, type Resource } from "../../operator/kube/resources.ts";
import { readIndex, readShard } from "../../operator/resources/rule-set.ts";
import { eventually } from "../system/support/commands.ts";
import { ChaosProxy } from "./chaos-proxy.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, operatorToken } from "./installed-chart.ts";
import { isWrite, mishaps } from "./mishaps.ts";
import { OperatorProcess } from "./operator-process.ts";

type WithData = KubeObject & { readonly data?: Readonly<Record<string, string>> };
type Rule = KubeObject & { readonly status?: FalcoRuleStatus };
type DaemonSet = KubeObject & {
  readonly spec: { readonly template: { readonly spec: { readonly hostPID?: boolean } } };
};

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("the whole operator under faults", function () {
  this.timeout(400_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let client: ClusterClient;
  let proxy: ChaosProxy;
  let operator: OperatorProcess;
  let edits = 0;
  let seed = 11;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  /** Conditions of the team's rules as they were last applied. */
  const rules = new Map<string, string>();

  const put = async (name: string) => {
    const condition = `evt.type in (execve, execveat) and proc.name = x${++edits}`;
    await client.apply({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { namespace: "shop", name },
      spec: { rules: [{ rule: name, desc: "d", condition, output: "o", priority: "NOTICE" }] },
    } as KubeObject);
    rules.set(name, condition);
  };
  const remove = async (name: string) => {
    await client.delete({ resource: resources.falcoRules, namespace: "shop", name });
    rules.delete(name);
  };
  /** The sink's Secret with another value; the sink itself goes and comes back at times. */
  const rotate = async () => {
    const at = { namespace: "shop", name: "hook" };
    await client.apply({
      ...{ apiVersion: "v1", kind: "Secret", metadata: at },
      data: { url: Buffer.from(`http://hook.example/${++edits}`).toString("base64") },
    } as KubeObject);
    if (random(3) === 0) await client.delete({ resource: resources.alertSinks, ...at });
    const urlFrom = { secretKeyRef: { name: "hook", key: "url" } };
    await client.apply({
      ...{ apiVersion: "tiercel.dev/v1alpha1", kind: "AlertSink", metadata: at },
      spec: { webhook: { urlFrom } },
    } as KubeObject);
  };
  /** What someone with too many rights does to what the operator made. */
  const disturb = async () => {
    const own = [
      { resource: resources.daemonSets, name: "tiercel-agent" },
      { resource: resources.configMaps, name: "tiercel-rules" },
      { resource: resources.configMaps, name: "tiercel-agent" },
      { resource: resources.configMaps, name: "tiercel-sinks" },
      { resource: resources.secrets, name: "tiercel-sinks" },
      { resource: resources.serviceAccounts, name: "tiercel-agent" },
    ];
    const { resource, name } = own[random(own.length)]!;
    await client.delete({ resource, name, namespace: home });
    const spec = { template: { spec: { hostPID: false } } };
    const daemonSet = { resource: resources.daemonSets, namespace: home, name: "tiercel-agent" };
    if ((await client.get(daemonSet)) !== undefined) await client.patch(daemonSet, { spec });
  };
  const edit = async () => {
    const names = [...rules.keys()];
    await put(`rule-${edits}`);
    await put(names[random(names.length)] ?? "first");
    if (names.length > 8) await remove(names[random(names.length)]!);
    await (random(2) === 0 ? rotate() : disturb());
  };

  const data = async (resource: Resource, name: string) =>
    (await client.get<WithData>({ resource, namespace: home, name }))?.data;
  /** Objects of the team in the set that agents read, which is whole. */
  const distributed = async (): Promise<ReadonlyMap<string, unknown>> => {
    const index = readIndex(await data(resources.configMaps, "tiercel-rules"));
    assert.ok(index !== undefined, "there is no index");
    const objects: SetObject[] = [];
    for (const shard of index.shards)
      objects.push(...(readShard(await data(resources.configMaps, shard)) ?? []));
    assert.equal(setDigest({ ...index.set, objects }), index.digest, "the set is not whole");
    assert.ok(
      objects.some((object) => objectKey(object) === `${home}/tiercel-default`),
      "the default rules are not in it",
    );
    return new Map(
      objects
        .filter(({ namespace }) => namespace === "shop")
        .map(({ name, rules: all }) => [name, (all?.[0] as { readonly condition?: string }).condition]),
    );
  };
  /** Throws where anything is not as the objects say. */
  const check = async () => {
    assert.deepEqual(new Map([...(await distributed())].sort()), new Map([...rules].sort()));
    for await (const { metadata, status } of client.list<Rule>(resources.falcoRules, { namespace: "shop" })) {
      const reasons = status?.conditions?.filter(({ type }) => type === "Accepted" || type === "Distributed");
      assert.deepEqual(
        [metadata.name, status?.observedGeneration, reasons?.map((each) => each.status)],
        [metadata.name, metadata.generation, ["True", "True"]],
      );
    }
    const url = (await client.get<WithData>({ resource: resources.secrets, namespace: "shop", name: "hook" }))
      ?.data?.["url"];
    assert.deepEqual(Object.values((await data(resources.secrets, "tiercel-sinks")) ?? {}), [url]);
    const sinks = JSON.parse(
      (await data(resources.configMaps, "tiercel-sinks"))?.["sinks.json"] ?? "null",
    ) as {
      readonly sinks: readonly { readonly name: string }[];
    } | null;
    assert.deepEqual(
      sinks?.sinks.map(({ name }) => name),
      ["hook"],
    );
    const daemonSet = await client.get<DaemonSet>({
      resource: resources.daemonSets,
      namespace: home,
      name: "tiercel-agent",
    });
    assert.equal(daemonSet?.spec.template.spec.hostPID, true, "the DaemonSet");
    for (const [resource, name] of [
      [resources.configMaps, "tiercel-agent"],
      [resources.serviceAccounts, "tiercel-agent"],
      [resources.services, "tiercel-agent"],
    ] as const)
      assert.ok(
        (await client.get({ resource, namespace: home, name })) !== undefined,
        `${resource.kind} ${name}`,
      );
  };
  const right = async (bound = 90_000) => {
    let wrong: unknown;
    await eventually(
      "all is as the objects say",
      async () => {
        assert.ok(operator.lives, `the operator ended: ${operator.log}`);
        try {
          await check();
          return true;
        } catch (error) {
          wrong = error;
          return undefined;
        }
      },
      bound,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; ${String(wrong)}; log: ${operator.log.slice(-6000)}`);
    });
    assert.doesNotMatch(operator.log, /process\.exit|Unhandled|uncaught/i);
  };
  const writes = () => proxy.asked.filter(isWrite).map(({ method, path }) => `${method} ${path}`);

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane, ["--set", "webhook.enabled=false"]);
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    admin = plane.as("admin");
    client = new ClusterClient(admin);
    proxy = await ChaosProxy.start(plane);
    const token = await operatorToken(plane);
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig({ access: proxy.access(plane.access({ token })) }),
      settings: {
        namespace: home,
        "leader_election.lease_duration": "6",
        "leader_election.renew_deadline": "4",
        "leader_election.retry_period": "1",
      },
    });
    await operator.untilLeads();
    for (let n = 0; n < 6; n++) await put(`first-${n}`);
    await rotate();
    await right();
  });
  after(async () => {
    await operator?.end("SIGKILL");
    await proxy?.stop();
    await plane?.stop();
  });

  it("is right again after all kinds of faults in a mixed order, with edits and others' changes all the while", async () => {
    const all = [...mishaps({ plane: () => plane, edit })];
    proxy.asked.length = 0;
    for (let left = all.length; left > 0; left--) {
      const [[what, mishap]] = all.splice(random(left), 1) as [(typeof all)[number]];
      const undo = await mishap(proxy);
      for (let more = random(2); more >= 0; more--) {
        await edit();
        await pause(random(900));
      }
      await undo?.();
      assert.ok(operator.lives, `the operator ended under: ${what}; ${operator.log}`);
    }
    assert.ok(
      proxy.asked.some(({ act }) => act !== undefined),
      "nothing was spoiled: this tests nothing",
    );
    proxy.clear();
    await right();
  });

  it("is right after the API server was killed in the middle of edits", async () => {
    await edit();
    await plane.killApi();
    await pause(1500);
    await plane.startApi();
    await edit();
    await right();
  });

  it("comes to rest: then it writes nothing but its Lease", async () => {
    // What only counts is written at a pace, so that the rest comes a minute later.
    await eventually(
      "it writes nothing for a while",
      async () => {
        proxy.asked.length = 0;
        await pause(12_000);
        return writes().length === 0 ? true : undefined;
      },
      240_000,
    ).catch((error: Error) => assert.fail(`${error.message}: ${writes().join(", ")}`));
    assert.ok(
      proxy.asked.some(({ method }) => method !== "GET"),
      "the Lease is renewed",
    );
  });
});
