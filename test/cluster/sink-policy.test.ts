/** What kind of AlertSink a team may have, by the chart's policy alone: no operator runs here. */
import assert from "node:assert/strict";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart } from "./installed-chart.ts";

const secretKeyRef = { name: "slack", key: "url" };
const kinds = {
  stdout: {},
  file: { name: "alerts.jsonl" },
  syslog: { host: "logs.example.com" },
  slack: { webhookURL: { secretKeyRef } },
  webhook: { url: "https://alerts.example.com/in" },
  alertmanager: { urls: ["http://alertmanager:9093"] },
} as const;
const onNodes = ["stdout", "file", "syslog"];

describe("the policy for sinks", function () {
  this.timeout(180_000);
  let plane: ControlPlane;

  const apply = (namespace: string, kind: string, settings: object, ...more: readonly string[]) =>
    plane.kubectl(["apply", ...more, "-f", "-"], {
      input: {
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "AlertSink",
        metadata: { name: kind, namespace },
        spec: { [kind]: settings },
      },
    });

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane, ["--set", "webhook.enabled=false"]);
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    await eventually(
      "the policy acts",
      async () => (await apply("shop", "stdout", {}, "--dry-run=server")).code === 1 || undefined,
      60_000,
    );
  });
  after(() => plane?.stop());

  for (const [kind, settings] of Object.entries(kinds)) {
    const isRefused = onNodes.includes(kind);
    it(`${isRefused ? "keeps" : "lets"} a team ${isRefused ? "from" : "have"} a sink of kind ${kind}`, async () => {
      const { code, stderr } = await apply("shop", kind, settings);
      if (!isRefused) assert.equal(code, 0, stderr);
      else {
        assert.equal(code, 1);
        const why = `spec.${kind}: only an AlertSink in the operator's namespace ${home} may be of this kind`;
        assert.ok(stderr.includes(why), stderr);
      }
    });

    it(`lets the operator's namespace have one of kind ${kind}`, async () => {
      const { code, stderr } = await apply(home, kind, settings);
      assert.equal(code, 0, stderr);
    });
  }

  it("keeps a team from turning a sink into such a one", async () => {
    const patch = JSON.stringify({ spec: { slack: null, stdout: {} } });
    const { code, stderr } = await plane.kubectl([
      ...["patch", "alertsink", "slack", "-n", "shop", "--type=merge", "-p", patch],
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /spec\.stdout: only/);
  });

  it("compiles without a word of the API server's type checker", async () => {
    const { stdout } = await plane.kubectl([
      ...["get", "validatingadmissionpolicy", "tiercel-sinks", "-o", "jsonpath={.status.typeChecking}"],
    ]);
    assert.doesNotMatch(stdout, /expressionWarnings/);
  });
});
