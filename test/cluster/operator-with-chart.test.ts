/** The operator itself with nothing but the rights that the chart gives it: all its controllers do their work. */
import assert from "node:assert/strict";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, operatorToken } from "./installed-chart.ts";
import { OperatorProcess } from "./operator-process.ts";

describe("the operator with the chart's rights", function () {
  this.timeout(240_000);
  let plane: ControlPlane;
  let operator: OperatorProcess;

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane);
    const token = await operatorToken(plane);
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig({ token }),
      settings: { namespace: home, "audit.enabled": "true", "example_sink.enabled": "true" },
    });
  });
  after(async () => {
    await operator?.end();
    await plane?.stop();
  });

  const there = (what: string, args: readonly string[]) =>
    eventually(
      what,
      async () =>
        (await plane.kubectl([...args, "-n", home, "-o", "name"])).stdout === "" ? undefined : true,
      60_000,
    ).catch((error: unknown) => assert.fail(`${String(error)}\n${operator.log}`));

  it("makes agents, rules and what comes with Tiercel, owned by the chart's Deployment", async () => {
    for (const object of [
      "daemonset/tiercel-agent",
      "deployment/tiercel-audit",
      "service/tiercel-audit",
      "serviceaccount/tiercel-agent",
      "configmap/tiercel-agent",
      "configmap/tiercel-rules",
      "lease/tiercel-operator",
      "alertsink/tiercel-example",
    ])
      await there(object, ["get", object, "--ignore-not-found"]);
    const owner = "jsonpath={.metadata.ownerReferences[0].name}";
    const { stdout } = await plane.kubectl(["get", "daemonset", "tiercel-agent", "-n", home, "-o", owner]);
    assert.equal(stdout, "tiercel-operator");
  });

  it("says in the status of a team's rule what became of it", async () => {
    const condition = "evt.type = open and fd.name = /etc/shadow";
    await plane.apply({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { name: "team", namespace: "default" },
      spec: { rules: [{ rule: "Team", desc: "d", condition, output: "o", priority: "NOTICE" }] },
    });
    const wait = ["wait", "falcorule/team", "--for=condition=Accepted", "--timeout=60s"];
    const { code, stderr } = await plane.kubectl(wait);
    assert.equal(code, 0, stderr + operator.log);
  });

  it("was refused nothing meanwhile", () => {
    assert.ok(operator.lives);
    assert.doesNotMatch(operator.log, /HTTP 40[13]|[Ff]orbidden/);
  });
});
