/**
 * An agent that starts while the API server is away: sinks without credentials go on as they were, those with credentials get
 * every alert, in order, once the API is back. Operator and agents are processes, the API server is real.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpReceiver } from "../agent/sinks/receivers.ts";
import { eventList, namespaceCreated } from "../support/audit-events.ts";
import { startAuditAgent, type AuditAgent } from "../system/support/audit-agent.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart } from "./installed-chart.ts";
import { OperatorProcess } from "./operator-process.ts";

const node = "node-1";
const patience = 120_000;

describe("AlertSinks over a new start without the API server", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "tiercel-kept-"));
  const state = join(folder, "state");
  const world = new HttpReceiver();
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
        "cluster.state_folder": state,
        "kubernetes.kubeconfig": kubeconfig,
        "kubernetes.node_name": node,
      },
      environment: { POD_NAME: "audit-1" },
    });
  };
  /** Has the agent raise that many alerts, and waits until it has. */
  const raise = async (count: number) => {
    const items = Array.from({ length: count }, () => namespaceCreated(`n${sent++}`));
    const from = agent!.alerts.length;
    assert.equal(await agent!.post(eventList(items)), 200);
    const raised = () => agent!.alerts.slice(from).filter(({ rule }) => rule === "Made").length;
    await eventually("all alerts", () => (raised() === count ? true : undefined), patience).catch(
      (error: Error) => assert.fail(`${error.message}\n${logs()}`),
    );
  };
  /** What came at a path: the names of namespaces, in order. */
  const got = (path: string) =>
    world.requests
      .filter((request) => request.path === path)
      .map(({ body }) => /made (n\d+)/.exec((JSON.parse(body) as { output: string }).output)![1]!);
  const first = (count: number) => Array.from({ length: count }, (_, number) => `n${number}`);
  const has = async (path: string, count: number) => {
    await eventually(
      `${count} at ${path}`,
      () => (got(path).length >= count ? true : undefined),
      patience,
    ).catch((error: Error) => assert.fail(`${error.message}: ${got(path).length}\n${logs()}`));
    assert.deepEqual(got(path), first(count), path);
  };

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
    const url = `http://127.0.0.1:${await world.listen()}`;
    const object = (kind: string, name: string, rest: object) => ({
      apiVersion: kind === "Secret" ? "v1" : "tiercel.dev/v1alpha1",
      kind,
      metadata: { namespace: home, name },
      ...rest,
    });
    const condition = "ka.verb = create and ka.target.resource = namespaces";
    const rule = { rule: "Made", desc: "d", condition, output: "made %ka.target.name", priority: "ERROR" };
    const urlFrom = { secretKeyRef: { name: "hook", key: "url" } };
    await plane.apply([
      object("FalcoRule", "made", { spec: { source: "k8s_audit", rules: [rule] } }),
      object("AlertSink", "plain", { spec: { webhook: { url: `${url}/plain` } } }),
      object("Secret", "hook", { stringData: { url: `${url}/s3cr3t` } }),
      object("AlertSink", "secret", { spec: { webhook: { urlFrom } } }),
    ]);
    await start();
    const wait = ["wait", "falcorule/made", "-n", home, "--for=condition=Ready", "--timeout=120s"];
    const { code, stderr } = await plane.kubectl(wait);
    assert.equal(code, 0, `${stderr}\n${logs()}`);
  });
  after(async () => {
    await agent?.stop();
    await operator?.end("SIGKILL");
    world.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are kept on the disk for root alone, without what is secret", async () => {
    await raise(20);
    await has("/plain", 20);
    await has("/s3cr3t", 20);
    const kept = join(state, "sinks.json");
    await eventually("both are kept", () =>
      readFileSync(kept, "utf8").includes('"secret"') ? true : undefined,
    );
    assert.equal(statSync(kept).mode & 0o777, 0o600);
    assert.equal(statSync(state).mode & 0o777, 0o700);
    for (const file of readdirSync(state, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        assert.ok(!readFileSync(join(file.parentPath, file.name), "latin1").includes("s3cr3t"), file.name);
  });

  it("deliver without the API server, but for those with credentials, which hold their alerts", async () => {
    assert.equal(await agent!.stop(), 0);
    await plane.killApi();
    await start();
    await raise(30);
    await has("/plain", 50);
    assert.match(agent!.log(), /those of the last run are used/);
    assert.match(agent!.log(), new RegExp(`${home}/secret: waits for its credential`));
    assert.equal(got("/s3cr3t").length, 20);
  });

  it("give those every alert, in order, once the API is back, after one more start too", async () => {
    assert.equal(await agent!.stop(), 0);
    await start();
    await raise(25);
    await has("/plain", 75);
    assert.equal(got("/s3cr3t").length, 20);
    await plane.startApi();
    await has("/s3cr3t", 75);
    await raise(5);
    await has("/plain", 80);
    await has("/s3cr3t", 80);
  });
});
