/** What the operator makes of NodeAgents and SecurityAlerts, on a real API server. */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { goneAgentsController } from "../../operator/controllers/gone-agents/controller.ts";
import { retentionController } from "../../operator/controllers/retention/controller.ts";
import { rollUpController } from "../../operator/controllers/roll-up/controller.ts";
import { pathOf, resources } from "../../operator/kube/resources.ts";
import { condition } from "../operator/controllers/roll-up/sample.ts";
import { RunningController } from "../operator/controllers/run-controller.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";

const api = "tiercel.dev/v1alpha1";
const rule = (name: string) => ({
  rule: name,
  desc: "d",
  condition: "evt.type = execve",
  output: "o",
  priority: "NOTICE",
});

describe("the roll-up on a real API server", function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  const running: RunningController[] = [];

  const run = async (...args: ConstructorParameters<typeof RunningController>) => {
    const controller = await new RunningController(...args).start();
    running.push(controller);
    return controller;
  };
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args);
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const post = (path: string, object: object) =>
    admin.ask({ method: "POST", path, body: { type: "application/json", text: JSON.stringify(object) } });
  /** Sets a status as another field manager does, one that judges rules. */
  const status = (path: string, value: object) =>
    admin.ask({
      method: "PATCH",
      path: `${path}/status`,
      query: { fieldManager: "tiercel-operator", force: "true" },
      body: {
        type: "application/apply-patch+yaml",
        text: JSON.stringify(value),
      },
    });
  const agent = async (name: string, said: object, role = "node") => {
    const path = pathOf(resources.nodeAgents, { name });
    await post(pathOf(resources.nodeAgents), {
      apiVersion: api,
      kind: "NodeAgent",
      metadata: { name },
      spec: { node: role === "node" ? name : "node-1", role },
    }).catch(() => {});
    await admin.ask({
      method: "PATCH",
      path: `${path}/status`,
      body: {
        type: "application/merge-patch+json",
        text: JSON.stringify({ status: { startTime: "2026-01-01T00:00:00Z", digest: "set-1", ...said } }),
      },
    });
  };
  const counted = (matches: number) => ({
    rules: [
      {
        namespace: "default",
        object: "shells",
        rule: "A",
        matches,
        lastMatch: "2026-01-01T00:00:00.000000Z",
      },
    ],
  });
  const judged = (generation: number, digest: string) =>
    status(pathOf(resources.falcoRules, { namespace: "default", name: "shells" }), {
      apiVersion: api,
      kind: "FalcoRule",
      metadata: { name: "shells", namespace: "default" },
      status: {
        observedGeneration: generation,
        digest,
        ruleCount: 1,
        conditions: [
          { ...condition("Accepted", "True", "Accepted"), observedGeneration: generation },
          { ...condition("Distributed", "True", "Distributed"), observedGeneration: generation },
        ],
      },
    });
  const known: Record<string, Record<string, string>> = {
    "set-1": { "default/shells": "v1" },
    "set-2": { "default/shells": "v2" },
  };
  const sets = {
    objectDigest: (set: string, object: string) => known[set]?.[object],
    onChange: () => () => {},
  };

  before(async function () {
    plane = await ControlPlane.start(this);
    admin = plane.as("admin");
    await kubectl("apply", "-f", `${root}crds/`);
    await kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`);
    await eventually(
      "default is there",
      () => admin.ask({ path: "/api/v1/namespaces/default" }).catch(() => undefined),
      30_000,
    );
  });
  after(async () => {
    for (const controller of running) await controller.stop();
    await plane?.stop();
  });

  it("makes agents' words the status of a FalcoRule, beside the part of who judges it", async () => {
    await plane.apply({
      apiVersion: api,
      kind: "FalcoRule",
      metadata: { name: "shells", namespace: "default" },
      spec: { rules: [rule("A")] },
    });
    await judged(1, "v1");
    await agent("node-1", counted(3));
    await agent("node-2", counted(4));
    const rollUp = await run(admin, (context) => rollUpController(context, { sets }));
    await kubectl("wait", "--for=condition=Ready", "--timeout=20s", "falcorule/shells");
    assert.match(await kubectl("get", "falcorules"), /shells +True +1 +2\/2 +7 +\S+ +\S+/);
    await agent("node-2", counted(10));
    await eventually(
      "it is counted",
      async () => / 13 /.test(await kubectl("get", "falcorules")) || undefined,
      30_000,
    );
    assert.equal(rollUp.writes.length, 2, rollUp.writes.join("\n"));
    const [shells] = (
      JSON.parse(await kubectl("get", "falcorules", "-o", "json")) as {
        items: { status: { digest: string; conditions: { type: string }[] } }[];
      }
    ).items;
    assert.deepEqual(
      [shells!.status.digest, shells!.status.conditions.map(({ type }) => type).sort()],
      ["v1", ["Accepted", "Distributed", "Loaded", "Ready"]],
    );
    await rollUp.stop();
  });

  it("goes on from the status where an operator begins anew, and follows an edit with one write", async () => {
    await agent("node-1", counted(5));
    const rollUp = await run(admin, (context) => rollUpController(context, { sets }));
    await eventually(
      "what came meanwhile is counted",
      async () => / 15 /.test(await kubectl("get", "falcorules")) || undefined,
      30_000,
    );
    const before = rollUp.writes.length;
    await plane.apply({
      apiVersion: api,
      kind: "FalcoRule",
      metadata: { name: "shells", namespace: "default" },
      spec: { rules: [rule("A")], order: 7 },
    });
    await judged(2, "v2");
    for (const name of ["node-1", "node-2"]) await agent(name, { digest: "set-2" });
    await kubectl("wait", "--for=condition=Ready", "--timeout=20s", "falcorule/shells");
    assert.deepEqual(rollUp.writes.slice(before).length, 1);
    const idle = rollUp.writes.length;
    for (let beat = 0; beat < 5; beat++) {
      await agent("node-1", { digest: "set-2", events: beat, heartbeat: `2026-01-01T00:00:0${beat}Z` });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.equal(rollUp.writes.length, idle, "heartbeats are nothing to write");
    await rollUp.stop();
  });

  it("counts what AlertSinks delivered", async () => {
    await plane.apply({
      apiVersion: api,
      kind: "AlertSink",
      metadata: { name: "hook", namespace: "default" },
      spec: { webhook: { url: "https://example.com/" } },
    });
    await status(pathOf(resources.alertSinks, { namespace: "default", name: "hook" }), {
      apiVersion: api,
      kind: "AlertSink",
      metadata: { name: "hook", namespace: "default" },
      status: { observedGeneration: 1, conditions: [condition("Accepted", "True", "Accepted")] },
    });
    await agent("node-1", {
      sinks: [
        { name: "default/hook", delivered: 5, failed: 1, dropped: 0, spooled: 2, lastError: "HTTP 500" },
      ],
    });
    const rollUp = await run(admin, (context) => rollUpController(context, { sets }));
    const read = async () =>
      JSON.parse(await kubectl("get", "alertsink", "hook", "-o", "json")) as {
        status: Record<string, unknown>;
      };
    await eventually(
      "it is counted",
      async () => ((await read()).status["delivered"] === 5 ? true : undefined),
      30_000,
    );
    const { status: said } = await read();
    assert.deepEqual([said["failed"], said["spooled"], said["lastError"]], [1, 2, "node-1: HTTP 500"]);
    await kubectl("wait", "--for=condition=Ready=false", "--timeout=5s", "alertsink/hook");
    await rollUp.stop();
  });

  it("deletes SecurityAlerts that are too old, and beyond a number", async () => {
    const folder = pathOf(resources.securityAlerts, { namespace: "default" });
    for (let index = 0; index < 12; index++) {
      await post(folder, {
        apiVersion: api,
        kind: "SecurityAlert",
        metadata: { name: `a-${index}` },
        spec: { rule: "A", priority: "Notice", node: "node-1" },
      });
      const seen = new Date(Date.now() - index * 3_600_000).toISOString();
      await status(`${folder}/a-${index}`, {
        apiVersion: api,
        kind: "SecurityAlert",
        metadata: { name: `a-${index}`, namespace: "default" },
        status: { lastSeen: seen, count: 1, ...(index === 1 && { state: "Closed" }) },
      });
    }
    const retention = { age: 9.5 * 3_600_000, perNamespace: 5 };
    const controller = await run(admin, (context) => retentionController(context, retention));
    const names = async () => (await kubectl("get", "securityalerts", "-o", "name")).match(/a-\d+/g)!.sort();
    await eventually("five are left", async () => ((await names()).length === 5 ? true : undefined), 30_000);
    assert.deepEqual(await names(), ["a-0", "a-2", "a-3", "a-4", "a-5"], "the closed one went first");
    await post(folder, {
      apiVersion: api,
      kind: "SecurityAlert",
      metadata: { name: "new" },
      spec: { rule: "A", priority: "Notice", node: "node-1" },
    });
    await eventually(
      "the oldest went for it",
      async () => (/a-5/.test(await kubectl("get", "securityalerts")) ? undefined : true),
      30_000,
    );
    await controller.stop();
  });

  it("deletes NodeAgents whose node or pod is gone, after a while", async () => {
    await plane.node("node-1");
    await agent("audit-lost", {}, "audit");
    const controller = await run(admin, goneAgentsController);
    const names = async () => (await kubectl("get", "nodeagents", "-o", "name")).match(/\/(\S+)/g)!.sort();
    await eventually(
      "those without a place are gone",
      async () => ((await names()).length === 1 ? true : undefined),
      60_000,
    );
    assert.deepEqual(await names(), ["/node-1"]);
    assert.equal(controller.writes.length, 2);
    await controller.stop();
  });
});
