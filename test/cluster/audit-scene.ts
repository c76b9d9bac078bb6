/** The operator and an audit agent as processes before a real API server, each with the rights that the chart gives it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { eventList, namespaceCreated } from "../support/audit-events.ts";
import { startAuditAgent, type AuditAgent } from "../system/support/audit-agent.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, operatorToken } from "./installed-chart.ts";
import { OperatorProcess } from "./operator-process.ts";

const node = "node-1";

/** Milliseconds. */
const patience = 120_000;

/** An object of the operator's namespace. */
export const atHome = (kind: string, name: string, rest: object): object => ({
  apiVersion: kind === "Secret" ? "v1" : "tiercel.dev/v1alpha1",
  kind,
  metadata: { namespace: home, name },
  ...rest,
});

/** Matches each event of `AuditScene.raise`, and tells its number. */
const made = {
  rule: "Made",
  desc: "d",
  condition: "ka.verb = create and ka.target.resource = namespaces",
  output: "made %ka.target.name",
  priority: "ERROR",
};

export class AuditScene {
  readonly plane: ControlPlane;
  readonly #folder = mkdtempSync(join(tmpdir(), "tiercel-audit-scene-"));
  #kubeconfig = "";
  #operator: OperatorProcess | undefined;
  #agent: AuditAgent | undefined;
  #sent = 0;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  /** The agent runs the FalcoRule `made`; `objects` are applied beside it. Leaves nothing behind where it fails. */
  static async open(context: Context, objects: readonly object[] = []): Promise<AuditScene> {
    const scene = new AuditScene(await ControlPlane.start(context, { controllerManager: true }));
    try {
      await scene.#begin(context, objects);
      return scene;
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  async #begin(context: Context, objects: readonly object[]): Promise<void> {
    const { plane } = this;
    await installChart(context, plane);
    this.#operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig({ token: await operatorToken(plane) }),
      settings: { namespace: home, "default_rules.enabled": "false", "agent.enabled": "false" },
    });
    const labels = { "app.kubernetes.io/instance": "tiercel", "app.kubernetes.io/component": "audit" };
    const pod = { namespace: home, serviceAccount: "tiercel-agent", pod: "audit-1", node, labels };
    this.#kubeconfig = plane.kubeconfig({ token: await plane.podToken(pod) });
    const rule = atHome("FalcoRule", "made", { spec: { source: "k8s_audit", rules: [made] } });
    await plane.apply([rule, ...objects]);
    await this.start();
    const wait = ["wait", "falcorule/made", "-n", home, "--for=condition=Ready", "--timeout=120s"];
    const { code, stderr } = await plane.kubectl(wait);
    assert.equal(code, 0, `${stderr}\n${this.logs()}`);
  }

  /** The agent's state folder. */
  get state(): string {
    return join(this.#folder, "state");
  }

  /** Events raised so far. */
  get sent(): number {
    return this.#sent;
  }

  get agent(): AuditAgent {
    return this.#agent!;
  }

  /** What operator and agent said last. */
  logs(): string {
    return `operator:\n${this.#operator?.log.slice(-2000)}\nagent:\n${this.#agent?.log().slice(-4000)}`;
  }

  async start(): Promise<void> {
    this.#agent = await startAuditAgent({
      rules: [],
      settings: {
        "cluster.enabled": "true",
        "cluster.namespace": home,
        "cluster.state_folder": this.state,
        "kubernetes.kubeconfig": this.#kubeconfig,
        "kubernetes.node_name": node,
      },
      environment: { POD_NAME: "audit-1" },
    });
  }

  async kill(): Promise<void> {
    process.kill(this.agent.pid, "SIGKILL");
    await this.agent.stop();
  }

  /** Has the agent raise that many alerts, of namespaces n0, n1 and so on, and waits until it has. */
  async raise(count: number): Promise<void> {
    const items = Array.from({ length: count }, () => namespaceCreated(`n${this.#sent++}`));
    const from = this.agent.alerts.length;
    assert.equal(await this.agent.post(eventList(items)), 200);
    const raised = () => this.agent.alerts.slice(from).filter(({ rule }) => rule === made.rule).length;
    await this.until("all alerts", () => raised() === count);
  }

  /** @throws AssertionError with the logs where it does not come about in two minutes */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const condition = async () => ((await holds()) ? true : undefined);
    await eventually(what, condition, patience).catch((error: Error) =>
      assert.fail(`${error.message}\n${this.logs()}`),
    );
  }

  async close(): Promise<void> {
    await this.#agent?.stop();
    await this.#operator?.end("SIGKILL");
    await this.plane.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
