/** The objects of agents on a real API server: made, put right, changed once a change, gone with the operator. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { agentsController, type AgentsSettings } from "../../operator/controllers/agents/controller.ts";
import type { OwnerReference } from "../../operator/api/object-meta.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import { resources } from "../../operator/kube/resources.ts";
import { manySettings, settingsOf } from "../support/agent-objects.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { runController, type RunningController } from "./run-controller.ts";

const namespace = "tiercel-system";

interface Live extends KubeObject {
  readonly spec: {
    readonly clusterIP?: string;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly tolerations?: unknown;
        readonly containers: readonly { readonly image: string }[];
      };
    };
  };
  readonly data?: Readonly<Record<string, string>>;
}

const deployment = {
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
};

describe("agents on a real API server", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let client: ClusterClient;
  let owner: OwnerReference;
  let running: RunningController | undefined;

  const all = [
    ["serviceAccounts", "tiercel-agent"],
    ["configMaps", "tiercel-agent"],
    ["services", "tiercel-agent"],
    ["daemonSets", "tiercel-agent"],
    ["services", "tiercel-audit"],
    ["deployments", "tiercel-audit"],
  ] as const;
  const get = (kind: keyof typeof resources, name = "tiercel-agent") =>
    client.get<Live>({ resource: resources[kind], namespace, name });
  const agents = async () => (await get("daemonSets"))!;
  const kubectl = async (...args: string[]) => {
    const { code, stderr } = await plane.kubectl(["-n", namespace, ...args]);
    assert.equal(code, 0, stderr);
  };
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  /** What the operator does when its settings change: it starts again with the new ones. */
  const begin = async (settings: AgentsSettings | string) => {
    await stop();
    const given = typeof settings === "string" ? settingsOf(settings) : settings;
    running = await runController({ cluster: plane, namespace, owner }, (context) =>
      agentsController(context, given),
    );
    return running;
  };
  /** Waits until nothing is written for a while; what was written. */
  const quiet = async () => {
    const writes: string[] = [];
    for (let still = 0; still < 4; still++) {
      await sleep(150);
      const more = running!.writes();
      if (more.length > 0) still = 0;
      writes.push(...more);
      assert.ok(writes.length < 50, `writes for ever: ${writes.join(", ")}`);
    }
    return writes;
  };

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    client = new ClusterClient(plane.as("admin"));
    await plane.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, deployment]);
    const { metadata } = (await get("deployments", "tiercel-operator"))!;
    owner = { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name, uid: metadata.uid! };
  });
  after(async () => {
    await stop();
    await plane?.stop();
  });

  for (const [name, text] of Object.entries(manySettings))
    it(`takes the objects of the settings ${name}, and is written nothing when the operator starts again`, async () => {
      await begin(text);
      const first = await quiet();
      if (name === "default")
        assert.deepEqual(first, [
          "apply ServiceAccount tiercel-agent",
          "apply ConfigMap tiercel-agent",
          "apply Service tiercel-agent",
          "apply DaemonSet tiercel-agent",
        ]);
      if (name === "nothing") for (const [kind, own] of all) assert.equal(await get(kind, own), undefined);
      const { log } = await begin(text);
      assert.deepEqual(await quiet(), []);
      assert.deepEqual(log, []);
    });

  it("runs agents from the operator's own image unless told otherwise", async () => {
    await begin("");
    await quiet();
    assert.equal((await agents()).spec.template.spec.containers[0]!.image, "registry.example.com/tiercel:1");
  });

  it("rolls once for each change of tolerations, whatever other clients add (R58)", async () => {
    await begin("");
    await quiet();
    const { generation, uid } = (await agents()).metadata;
    const tolerations = [
      "[{key: a, operator: Exists, effect: NoSchedule}, {operator: Exists, effect: NoExecute}]",
      "[{operator: Exists, effect: NoExecute}, {key: a, operator: Exists, effect: NoSchedule}]",
    ];
    for (const [index, list] of tolerations.entries()) {
      await begin(`operator: {agent: {tolerations: ${list}}}`);
      assert.deepEqual(await quiet(), ["apply DaemonSet tiercel-agent"]);
      assert.equal((await agents()).metadata.generation, generation! + index + 1);
    }
    await kubectl("annotate", "daemonset/tiercel-agent", "example.com/note=1");
    await kubectl("label", "daemonset/tiercel-agent", "example.com/note=1");
    await kubectl(
      "patch",
      "daemonset/tiercel-agent",
      "--subresource=status",
      "--type=merge",
      "-p",
      '{"status":{"numberReady":7}}',
    );
    assert.deepEqual(await quiet(), []);
    const { metadata } = await agents();
    assert.deepEqual(
      [
        metadata.uid,
        metadata.generation,
        metadata.annotations!["example.com/note"],
        metadata.labels!["example.com/note"],
      ],
      [uid, generation! + 2, "1", "1"],
    );
  });

  it("leaves kubectl rollout restart its mark", async () => {
    await begin("");
    await quiet();
    await kubectl("rollout", "restart", "daemonset/tiercel-agent");
    assert.deepEqual(await quiet(), []);
    assert.ok((await agents()).spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]);
  });

  it("puts right what others change or delete", async () => {
    await begin("");
    await quiet();
    await kubectl("set", "image", "daemonset/tiercel-agent", "agent=evil");
    assert.deepEqual(await quiet(), ["apply DaemonSet tiercel-agent"]);
    await kubectl("label", "configmap/tiercel-agent", "app.kubernetes.io/component=other", "--overwrite");
    assert.deepEqual(await quiet(), ["apply ConfigMap tiercel-agent"]);
    await kubectl("delete", "service/tiercel-agent", "serviceaccount/tiercel-agent");
    assert.deepEqual((await quiet()).sort(), [
      "apply Service tiercel-agent",
      "apply ServiceAccount tiercel-agent",
    ]);
    await kubectl("delete", "daemonset/tiercel-agent", "--cascade=foreground");
    await eventually("it is there again", () => get("daemonSets"), 30_000);
    const { containers } = (await agents()).spec.template.spec;
    assert.equal(containers[0]!.image, "registry.example.com/tiercel:1");
  });

  it("does not roll for settings that agents take over, and rolls once for others", async () => {
    await begin("");
    await quiet();
    const { generation } = (await agents()).metadata;
    await begin('append_output: [{extra_output: "cluster blue"}]');
    assert.deepEqual(await quiet(), ["apply ConfigMap tiercel-agent"]);
    assert.match((await get("configMaps"))!.data!["tiercel.yaml"]!, /cluster blue/);
    assert.equal((await agents()).metadata.generation, generation);
    await begin("json_output: true");
    assert.deepEqual(await quiet(), ["apply ConfigMap tiercel-agent", "apply DaemonSet tiercel-agent"]);
    assert.equal((await agents()).metadata.generation, generation! + 1);
  });

  it("keeps a quantity that the API server writes otherwise", async () => {
    await begin("");
    await quiet();
    await begin("operator: {agent: {resources: {requests: {cpu: 1000m}}}}");
    assert.deepEqual(await quiet(), ["apply DaemonSet tiercel-agent"]);
    const { generation } = (await agents()).metadata;
    await kubectl("annotate", "daemonset/tiercel-agent", "example.com/note=2", "--overwrite");
    assert.ok((await quiet()).length <= 1);
    assert.equal((await agents()).metadata.generation, generation);
  });

  it("gives the audit Service its address also afterwards, and takes all of it away again", async () => {
    await begin("operator: {audit: {enabled: true}}");
    await quiet();
    assert.notEqual((await get("services", "tiercel-audit"))!.spec.clusterIP, "10.96.0.77");
    await begin("operator: {audit: {enabled: true, cluster_ip: 10.96.0.77}}");
    assert.deepEqual(await quiet(), ["delete Service tiercel-audit", "apply Service tiercel-audit"]);
    assert.equal((await get("services", "tiercel-audit"))!.spec.clusterIP, "10.96.0.77");
    await begin("");
    assert.deepEqual((await quiet()).sort(), [
      "delete Deployment tiercel-audit",
      "delete Service tiercel-audit",
    ]);
  });

  it("upgrades in place: the selector is the same for every release and every setting (R63)", async () => {
    await begin("");
    await quiet();
    const before = await agents();
    await begin("operator: {agent: {image: 'registry.example.com/tiercel:2', labels: {version: '2'}}}");
    await quiet();
    const upgraded = await agents();
    assert.equal(upgraded.metadata.uid, before.metadata.uid);
    assert.deepEqual(upgraded.spec.selector, before.spec.selector);
    assert.equal(upgraded.spec.template.spec.containers[0]!.image, "registry.example.com/tiercel:2");
  });

  it("says once what is wrong where there is no image to run", async () => {
    await stop();
    running = await runController({ cluster: plane, namespace }, (context) =>
      agentsController(context, settingsOf("")),
    );
    await kubectl("annotate", "daemonset/tiercel-agent", "example.com/note=3", "--overwrite");
    assert.deepEqual(await quiet(), []);
    assert.deepEqual(running.log, [
      "error: no agents are run: operator.agent.image is empty and the operator runs in no Deployment",
    ]);
  });

  it("leaves nothing behind when the operator is uninstalled", async () => {
    await begin(manySettings["everything"]!);
    await quiet();
    for (const [kind, name] of all) assert.ok(await get(kind, name), `${kind} ${name}`);
    await stop();
    await kubectl("delete", "deployment/tiercel-operator");
    await eventually(
      "the garbage collector took all",
      async () => {
        for (const [kind, name] of all) if ((await get(kind, name)) !== undefined) return undefined;
        return true;
      },
      60_000,
    );
  });
});
