/**
 * The whole operator at rest, with the chart's rights, on a real API server: five minutes in which only agents' heartbeats,
 * counts of events and nodes' heartbeats pass. The API server's audit log says who wrote. Timers are the test's: only they
 * are virtual, all else is as it is.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { MadeAgents, objectName, ruleName } from "../../bench/fleet/made-agents.ts";
import { loadSettings } from "../../agent/cli/settings/load.ts";
import { ownPlaces } from "../../agent/cli/settings/places.ts";
import { defaultTimes, type ApiTimes, type KubeClient } from "../../agent/kube/client.ts";
import { allControllers } from "../../operator/controllers.ts";
import { Metrics } from "../../operator/kube/metrics.ts";
import { pathOf, resources } from "../../operator/kube/resources.ts";
import { TiercelOperator } from "../../operator/operator.ts";
import { TestClock } from "../agent/kube/clock.ts";
import { freePort } from "../support/free-port.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, request } from "./installed-chart.ts";

const api = "tiercel.dev/v1alpha1";
const agents = 30;
const objects = 8;
const minute = 60_000;

/** The chart's rights are this user's. */
const operatorUser = `system:serviceaccount:${home}:tiercel-operator`;

/** Virtual time passes so many milliseconds at a time, each taking some real ones. */
const step = 500;
const stepTakes = 5;

/** Bounds on answers count real time: virtual time passes so much faster. */
const times = Object.fromEntries(
  Object.entries(defaultTimes).map(([name, milliseconds]) => [name, (milliseconds * step) / stepTakes]),
) as unknown as ApiTimes;

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly name?: string; readonly subresource?: string };
}

describe("the whole operator at rest", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "tiercel-idle-"));
  const auditLog = join(folder, "audit.log");
  const clock = new TestClock(Date.now());
  const said: string[] = [];
  const kubeconfigBefore = process.env["KUBECONFIG"];
  let plane: ControlPlane;
  let admin: KubeClient;
  let operator: TiercelOperator | undefined;
  let made: MadeAgents | undefined;
  /** Virtual time of the nodes' last heartbeat. */
  let beat = 0;

  before(async function () {
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived", "ResponseStarted"],
      rules: [
        { level: "Metadata", users: [operatorUser], verbs: ["create", "update", "patch", "delete"] },
        { level: "None" },
      ],
    };
    writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
    plane = await ControlPlane.start(this, {
      apiserverFlags: [`--audit-policy-file=${join(folder, "policy.json")}`, `--audit-log-path=${auditLog}`],
    });
    admin = plane.as("admin");
    await installChart(this, plane);
  });
  after(async () => {
    await made?.close();
    const ended = operator?.end();
    const ending = setInterval(() => clock.advance(step), stepTakes);
    await ended;
    clearInterval(ending);
    await plane?.stop();
    rmSync(folder, { recursive: true });
    if (kubeconfigBefore === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = kubeconfigBefore;
  });

  /** What the operator wrote since the beginning, `VERB RESOURCE NAME`, by the API server's log; Leases apart. */
  const written = () => {
    const all = readFileSync(auditLog, "utf8").split("\n");
    const events = all.filter((line) => line !== "").map((line) => JSON.parse(line) as AuditEvent);
    const lines = events.map(({ verb, objectRef: { resource = "", subresource = "", name = "" } = {} }) =>
      [verb, subresource === "" ? resource : `${resource}/${subresource}`, name].join(" "),
    );
    const isLease = (line: string) => line.split(" ")[1] === "leases";
    return { leases: lines.filter(isLease), others: lines.filter((line) => !isLease(line)) };
  };

  const beatNodes = async (): Promise<void> => {
    beat = clock.now();
    const lastHeartbeatTime = new Date(beat).toISOString();
    const status = { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime }] };
    for (let index = 0; index < agents; index++)
      await admin.ask(request(`PATCH /api/v1/nodes/node-${index}/status`, { status }));
  };

  /** Lets virtual time pass; nodes say once a minute that they live. */
  const pass = async (milliseconds: number): Promise<void> => {
    const end = clock.now() + milliseconds;
    while (clock.now() < end) {
      clock.advance(step);
      await pause(stepTakes);
      if (clock.now() - beat >= minute) await beatNodes();
    }
  };

  /** Lets time pass until the operator wrote nothing for two minutes, 30 at most. */
  const untilQuiet = async (what: string): Promise<void> => {
    for (let minutes = 0; minutes < 30; minutes += 2) {
      const before = written().others.length;
      await pass(2 * minute);
      if (written().others.length === before) return;
    }
    assert.fail(`${what}: the operator goes on writing: ${written().others.slice(-20).join("\n")}`);
  };

  const rule = (name: string) => ({
    rule: name,
    desc: "d",
    condition: "evt.type = open and fd.name = /etc/shadow",
    output: "o",
    priority: "NOTICE",
  });
  const falcoRule = (name: string, namespace: string, spec: object) => ({
    apiVersion: api,
    kind: "FalcoRule",
    metadata: { name, namespace },
    spec,
  });

  it("settles once all there is has been written", async () => {
    for (let index = 0; index < agents; index++) await plane.node(`node-${index}`);
    const own = Array.from({ length: objects }, (_, object) =>
      falcoRule(objectName(object), home, {
        rules: [0, 1, 2].map((index) => rule(ruleName(object, index))),
      }),
    );
    const alerts = Array.from({ length: 12 }, (_, index) => ({
      apiVersion: api,
      kind: "SecurityAlert",
      metadata: { name: `alert-${index}`, namespace: "default" },
      spec: { rule: "A", priority: "Notice", node: "node-1" },
    }));
    const secret = { apiVersion: "v1", kind: "Secret", stringData: { url: "https://example.com/" } };
    await plane.apply([
      ...own,
      ...alerts,
      falcoRule("team", "default", { rules: [rule("Team")] }),
      falcoRule("labelled", "default", {
        selector: { namespaceSelector: { matchLabels: { team: "shop" } } },
        rules: [rule("Labelled")],
      }),
      falcoRule("wrong", "default", { rules: [{ ...rule("Wrong"), condition: "evt.type = = open" }] }),
      { ...secret, metadata: { name: "hook", namespace: home } },
      {
        apiVersion: api,
        kind: "AlertSink",
        metadata: { name: "hook", namespace: home },
        spec: { webhook: { urlFrom: { secretKeyRef: { name: "hook", key: "url" } } } },
      },
    ]);
    process.env["KUBECONFIG"] = plane.kubeconfig({ user: operatorUser });
    const overrides = Object.entries({
      namespace: home,
      webhook_listen: `127.0.0.1:${await freePort()}`,
      "audit.enabled": "true",
      "example_sink.enabled": "true",
    }).map(([key, value]) => `operator.${key}=${value}`);
    const places = ownPlaces(undefined, overrides);
    const { settings, mistakes } = loadSettings(places);
    assert.deepEqual(mistakes, []);
    operator = new TiercelOperator({
      environment: process.env,
      userAgent: "test",
      clock,
      random: Math.random,
      log: (level, message) => said.push(`${level}: ${message}`),
      metrics: new Metrics(),
      // Of real time: it has a thread of its own.
      election: {
        namespace: home,
        name: "tiercel-operator",
        identity: "test",
        times: { lease: 15_000, deadline: 10_000, retry: 1000 },
      },
      settings: settings!,
      namespace: home,
      controllers: allControllers(places),
      times,
    });
    await operator.start();
    for (let waited = 0; written().others.length === 0; waited++) {
      assert.ok(waited < 60, said.join("\n"));
      await pass(minute / 2);
    }
    await untilQuiet("after the start");
    const clients = Array.from({ length: 4 }, () => plane.as("admin"));
    made = new MadeAgents({
      ...{ clients, clock, agents, objects, rulesPerObject: 3, namespace: home, matching: 10 },
    });
    const daemonSet = pathOf(resources.daemonSets, { namespace: home, name: "tiercel-agent" });
    const counts = ["desiredNumberScheduled", "currentNumberScheduled", "numberReady"];
    await admin.ask(
      request(`PATCH ${daemonSet}/status`, {
        status: Object.fromEntries([...counts, "numberMisscheduled"].map((name) => [name, agents])),
      }),
    );
    const index = JSON.parse(
      (
        await plane.kubectl(
          ["get", "configmap", "tiercel-rules", "-n", home].concat("-o", "jsonpath={.data.index\\.json}"),
        )
      ).stdout,
    ) as { digest: string };
    await made.run(index.digest);
    await pass(2 * minute);
    made.rest();
    await untilQuiet("after agents came to rest");
    const { stdout } = await plane.kubectl(["get", "falcorules", "-n", home, objectName(0), "-o", "json"]);
    const { status } = JSON.parse(stdout) as {
      status: { nodes: { loaded: number }; matches: number; conditions: { type: string; status: string }[] };
    };
    assert.equal(status.nodes.loaded, agents);
    assert.ok(status.matches > 0);
    assert.equal(status.conditions.find(({ type }) => type === "Ready")?.status, "True");
    for (const part of [
      ...["create secrets", "patch validatingwebhookconfigurations", "patch daemonsets", "patch deployments"],
      ...["patch falcorules ", "patch falcorules/status", "patch alertsinks ", "patch alertsinks/status"],
      ...["patch configmaps tiercel-rules", "patch configmaps tiercel-sinks"],
    ])
      assert.ok(
        written().others.some((line) => line.startsWith(part)),
        `nothing like "${part}" was written: a part of the operator does not run\n${[...new Set(written().others)].join("\n")}\n${said.join("\n")}`,
      );
  });

  it("writes nothing but its Lease while agents say in turn that they live and count events", async () => {
    const before = { ...written(), agents: made!.writes, beat };
    // Each agent's heartbeat comes once within seven minutes; an idle operator is asked about five.
    await pass(8 * minute);
    const { others, leases } = written();
    assert.deepEqual(others.slice(before.others.length), []);
    assert.ok(leases.length > before.leases.length, "it holds its Lease");
    assert.ok(operator!.leads);
    assert.ok(made!.writes - before.agents >= agents, `agents wrote ${made!.writes - before.agents} times`);
    assert.deepEqual(made!.said, []);
    assert.ok(beat > before.beat);
  });

  it("still works: an edit is written", async () => {
    const before = written().others.length;
    await plane.apply(falcoRule("team", "default", { rules: [rule("Team of now")] }));
    await pass(minute);
    const lines = written().others.slice(before);
    assert.ok(
      lines.some((line) => line === "patch configmaps tiercel-rules"),
      lines.join("\n"),
    );
  });
});
