/** `tiercel operator` as a process: agents and default rules as its settings file says. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { resources } from "../../operator/kube/resources.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { OperatorProcess } from "./operator-process.ts";

const namespace = "tiercel-system";
const settings = `
json_output: true
priority: notice
rules: [{disable: {tag: network}}]
slack_output: {enabled: true, webhook_url: "\${SLACK}"}
operator:
  example_sink: {enabled: true}
  agent: {labels: {team: security}}
`;

interface Settings extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}
interface Agents extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

describe("tiercel operator and its agents", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "tiercel-operator-"));
  let plane: ControlPlane;
  let client: ClusterClient;
  let operator: OperatorProcess | undefined;

  before(async function () {
    plane = await ControlPlane.start(this);
    client = new ClusterClient(plane.as("admin"));
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    for (const file of readdirSync(`${root}crds`))
      await plane.apply(readFileSync(`${root}crds/${file}`, "utf8"));
    // The chart's; what the agents' NodeAgents belong to.
    await plane.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "tiercel-agent" },
      rules: [],
    });
    await plane.apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "tiercel-operator", namespace },
      spec: {
        selector: { matchLabels: { app: "operator" } },
        template: {
          metadata: { labels: { app: "operator" } },
          spec: { containers: [{ name: "operator", image: "registry.example.com/tiercel:1" }] },
        },
      },
    });
    writeFileSync(join(folder, "tiercel.yaml"), settings);
  });
  after(async () => {
    await operator?.end("SIGKILL");
    await plane?.stop();
    rmSync(folder, { recursive: true });
  });

  it("makes them, from its own image and settings, as owner of all", async () => {
    process.env["SLACK"] = "https://slack.example.com/secret";
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: { namespace },
      config: join(folder, "tiercel.yaml"),
    });
    delete process.env["SLACK"];
    const get = <T extends KubeObject>(kind: keyof typeof resources, name: string) =>
      eventually(
        `${kind} ${name} is there`,
        () => client.get<T>({ resource: resources[kind], namespace, name }),
        30_000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; its log: ${operator!.log}`);
      });
    const made = [
      await get<Agents>("daemonSets", "tiercel-agent"),
      await get<Settings>("configMaps", "tiercel-agent"),
      await get("falcoRules", "tiercel-default"),
      await get("alertSinks", "tiercel-example"),
    ] as const;
    for (const { metadata } of made)
      assert.equal(metadata.ownerReferences?.[0]?.name, "tiercel-operator", metadata.name);
    assert.equal(made[0].spec.template.spec.containers[0]!.image, "registry.example.com/tiercel:1");
    assert.equal(made[0].metadata.labels!["team"], "security");
    const text = made[1].data["tiercel.yaml"]!;
    assert.match(text, /^json_output: true\n/m);
    const role = await client.get({ resource: resources.clusterRoles, name: "tiercel-agent" });
    assert.match(text, new RegExp(`owner_name: tiercel-agent\\n {2}owner_uid: ${role!.metadata.uid}\\n`));
    assert.match(text, /webhook_url: \$\{SLACK\}/);
    assert.doesNotMatch(text, /operator:|rules:|priority:|slack\.example\.com/);
    const { code, milliseconds } = await operator.end();
    assert.deepEqual([code, milliseconds < 2000], [0, true], operator.log);
  });
});
