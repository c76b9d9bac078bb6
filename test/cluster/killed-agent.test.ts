/**
 * What kill -9 of an agent costs: operator and agent are processes, the API server is real. Matches that the agent was sent
 * are compared with what the rule's status counts in the end.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventList, namespaceCreated } from "../support/audit-events.ts";
import { startAuditAgent, type AuditAgent } from "../system/support/audit-agent.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart } from "./installed-chart.ts";
import { OperatorProcess } from "./operator-process.ts";

const node = "node-1";
const patience = 120_000;

describe("an agent that is killed", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "tiercel-killed-"));
  let plane: ControlPlane;
  let operator: OperatorProcess;
  let agent: AuditAgent | undefined;
  let kubeconfig: string;
  let sent = 0;

  const logs = () => `operator:\n${operator?.log.slice(-2000)}\nagent:\n${agent?.log().slice(-4000)}`;
  const start = async () => {
    agent = await startAuditAgent({
      rules: [],
      settings: {
        "cluster.enabled": "true",
        "cluster.namespace": home,
        "cluster.state_folder": join(folder, "state"),
        "kubernetes.kubeconfig": kubeconfig,
        "kubernetes.node_name": node,
      },
      environment: { POD_NAME: "audit-1" },
    });
  };
  const kill = async () => {
    process.kill(agent!.pid, "SIGKILL");
    await agent!.stop();
  };
  /** Has the agent match that many events. */
  const raise = async (count: number) => {
    const items = Array.from({ length: count }, () => namespaceCreated(`n${sent++}`));
    assert.equal(await agent!.post(eventList(items)), 200);
  };
  const jsonpath = async (what: readonly string[], path: string) =>
    (await plane.kubectl(["get", ...what, "-o", `jsonpath=${path}`])).stdout;
  const counted = async () => Number(await jsonpath(["falcorule", "made", "-n", home], "{.status.matches}"));
  const until = async (what: string, holds: () => Promise<boolean>) =>
    eventually(what, async () => ((await holds()) ? true : undefined), patience).catch((error: Error) =>
      assert.fail(`${error.message}\n${logs()}`),
    );

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane);
    const tokenOf = (serviceAccount: string, pod: string, labels: Record<string, string> = {}) =>
      plane.podToken({ namespace: home, serviceAccount, pod, node, labels });
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig({ token: await tokenOf("tiercel-operator", "tiercel-operator-1") }),
      settings: { namespace: home, "default_rules.enabled": "false", "agent.enabled": "false" },
    });
    const labels = { "app.kubernetes.io/instance": "tiercel", "app.kubernetes.io/component": "audit" };
    kubeconfig = plane.kubeconfig({ token: await tokenOf("tiercel-agent", "audit-1", labels) });
    const condition = "ka.verb = create and ka.target.resource = namespaces";
    const rule = { rule: "Made", desc: "d", condition, output: "made %ka.target.name", priority: "ERROR" };
    await plane.apply({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { namespace: home, name: "made" },
      spec: { source: "k8s_audit", rules: [rule] },
    });
    await start();
    const wait = ["wait", "falcorule/made", "-n", home, "--for=condition=Ready", "--timeout=120s"];
    const { code, stderr } = await plane.kubectl(wait);
    assert.equal(code, 0, `${stderr}\n${logs()}`);
  });
  after(async () => {
    await agent?.stop();
    await operator?.end("SIGKILL");
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("loses nothing that is older than a few seconds, though its NodeAgent was not told of it", async () => {
    await plane.killApi();
    await raise(40);
    // Ten times the two seconds in which counts get to the disk.
    await sleep(20_000);
    await kill();
    await plane.startApi();
    await start();
    await until("all are counted", async () => (await counted()) === sent);
  });

  it("loses at most what matched in its last seconds, and nothing is counted twice", async () => {
    const times: number[] = [];
    for (const end = Date.now() + 12_000; Date.now() < end; await sleep(100)) {
      await raise(1);
      times.push(Date.now());
    }
    const killed = Date.now();
    await kill();
    await start();
    await raise(1);
    const before = sent - 1 - times.length;
    const old = times.filter((time) => time < killed - 10_000).length;
    await until("the new one's is counted", async () => (await counted()) >= before + old + 1);
    // Another write of its NodeAgent, and the roll-up's, would show what is counted twice.
    await raise(1);
    await sleep(40_000);
    const total = await counted();
    const lost = sent - total;
    assert.ok(lost >= 0, `${total} counted of ${sent}`);
    assert.ok(lost <= times.length - old, `${lost} of ${times.length} lost`);
  });

  it("that ends as it should loses none", async () => {
    const missing = sent - (await counted());
    await raise(7);
    assert.equal(await agent!.stop(), 0);
    await start();
    await until("all are counted", async () => (await counted()) === sent - missing);
  });
});
