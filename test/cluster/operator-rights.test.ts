/** What the operator may do with the chart's roles, and what it must not, tried on a real API server. */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { apiVersionOf, resources, type Resource } from "../../operator/kube/resources.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, refusalOf, request } from "./installed-chart.ts";

const tiercel = "/apis/tiercel.dev/v1alpha1";
const labels = { app: "x" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "none" }] } };

/** Asks for the first page. */
const first = (list: AsyncGenerator<KubeObject>) => list.next();

/** An object as the operator makes it. */
const made = (resource: Resource, name: string, body: object): KubeObject => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  metadata: { name, namespace: home },
  ...body,
});

describe("the operator's rights", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let operator: KubeClient;
  let cluster: ClusterClient;
  let owner: { apiVersion: string; kind: string; name: string; uid: string };

  const may = async (line: string, object?: object) =>
    assert.equal(await refusalOf(operator, request(line, object)), undefined, line);
  const mayNot = async (line: string, object?: object) => {
    const refusal = (await refusalOf(operator, request(line, object))) ?? "it was done";
    assert.match(refusal, /^403 /, `${line}: ${refusal}`);
  };

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane);
    await plane.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "slack", namespace: "shop" } },
    ]);
    admin = plane.as("admin");
    const token = await plane.podToken({
      namespace: home,
      serviceAccount: "tiercel-operator",
      pod: "tiercel-operator-1",
      node: "node-1",
    });
    operator = plane.as({ token });
    cluster = new ClusterClient(operator);
    const deployment = (await admin.ask({
      path: `/apis/apps/v1/namespaces/${home}/deployments/tiercel-operator`,
    })) as KubeObject;
    owner = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "tiercel-operator",
      uid: deployment.metadata.uid ?? "",
    };
  });
  after(() => plane?.stop());

  it("let it list and watch what it compiles and sums up", async () => {
    const { falcoRules, alertSinks, securityAlerts, nodeAgents, namespaces, nodes } = resources;
    for (const resource of [falcoRules, alertSinks, securityAlerts, nodeAgents, namespaces, nodes]) {
      await first(cluster.list(resource));
      const path = `${resource.group === "" ? "/api" : `/apis/${resource.group}`}/${resource.version}/${resource.plural}`;
      const { metadata } = (await operator.ask({ path, query: { limit: "1" } })) as {
        metadata: { resourceVersion: string };
      };
      let opened = false;
      const reader = { take: () => {}, leftOut: () => {}, opened: () => (opened = true) };
      const query = { watch: "1", timeoutSeconds: "1", resourceVersion: metadata.resourceVersion };
      await operator.watch({ path, query }, reader);
      assert.ok(opened, path);
    }
    const { pods, deployments, daemonSets, configMaps, secrets, services, serviceAccounts, leases } =
      resources;
    for (const resource of [
      pods,
      deployments,
      daemonSets,
      configMaps,
      secrets,
      services,
      serviceAccounts,
      leases,
    ])
      await first(cluster.list(resource, { namespace: home }));
    await may("GET /api/v1/namespaces/shop/secrets/slack");
    await may("GET /apis/rbac.authorization.k8s.io/v1/clusterroles/tiercel-agent");
  });

  it("let it make, change and delete what agents need, owned by its Deployment", async () => {
    const spec = { selector: { matchLabels: labels }, template };
    for (const object of [
      made(resources.serviceAccounts, "tiercel-agent", {}),
      made(resources.configMaps, "tiercel-rules", { data: { "index.json": "{}" } }),
      made(resources.configMaps, "tiercel-rules-0123456789ab-0", { immutable: true, data: {} }),
      made(resources.secrets, "tiercel-sinks", { data: { a: "eA==" } }),
      made(resources.services, "tiercel-agent", { spec: { selector: labels, ports: [{ port: 8766 }] } }),
      made(resources.daemonSets, "tiercel-agent", { spec }),
      made(resources.deployments, "tiercel-audit", { spec }),
      made(resources.falcoRules, "tiercel-default", { spec: { lists: [{ list: "shells", items: ["sh"] }] } }),
      made(resources.alertSinks, "tiercel-example", { spec: { stdout: {} } }),
    ]) {
      const metadata = { ...object.metadata, ownerReferences: [owner] };
      await cluster.apply({ ...object, metadata });
      await cluster.apply({ ...object, metadata: { ...metadata, labels } });
    }
    for (const [resource, name] of [
      [resources.configMaps, "tiercel-rules-0123456789ab-0"],
      [resources.daemonSets, "tiercel-agent"],
      [resources.alertSinks, "tiercel-example"],
    ] as const)
      assert.ok(await cluster.delete({ resource, namespace: home, name }));
  });

  it("let it write status, wherever the object is, and clear away what has had its day", async () => {
    const rule = {
      rules: [{ rule: "A", desc: "a", condition: "evt.type = open", output: "a", priority: "NOTICE" }],
    };
    await plane.apply([
      {
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "FalcoRule",
        metadata: { name: "r", namespace: "shop" },
        spec: rule,
      },
      {
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "AlertSink",
        metadata: { name: "s", namespace: "shop" },
        spec: { webhook: { url: "https://example.com/x" } },
      },
      {
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "SecurityAlert",
        metadata: { name: "a", namespace: "shop" },
        spec: { rule: "A", priority: "Notice", source: "syscall", node: "node-1", output: "a" },
      },
      {
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "NodeAgent",
        metadata: { name: "gone" },
        spec: { node: "gone", role: "node" },
      },
    ]);
    const place = { namespace: "shop" };
    await cluster.applyStatus({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { name: "r", ...place },
      status: { ruleCount: 1 },
    } as KubeObject);
    await cluster.applyStatus({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "AlertSink",
      metadata: { name: "s", ...place },
      status: { delivered: 1 },
    } as KubeObject);
    assert.ok(await cluster.delete({ resource: resources.securityAlerts, ...place, name: "a" }));
    assert.ok(await cluster.delete({ resource: resources.nodeAgents, name: "gone" }));
  });

  it("let it put its CA into its webhook's configuration, and its name on the Lease", async () => {
    const configuration = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "tiercel" },
      webhooks: [
        {
          name: "objects.tiercel.dev",
          clientConfig: { caBundle: Buffer.from(plane.serverCertificate("x").ca).toString("base64") },
        },
      ],
    };
    const { webhooks } = (await cluster.apply(configuration)) as unknown as {
      webhooks: { clientConfig: { caBundle: string; service: { name: string } } }[];
    };
    assert.equal(webhooks[0]!.clientConfig.service.name, "tiercel-webhook");
    assert.notEqual(webhooks[0]!.clientConfig.caBundle, "");
    const { path } = request("GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations");
    await operator.ask({ path, query: { fieldSelector: "metadata.name=tiercel" } });
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${home}/leases`;
    await may(`POST ${leases}`, { metadata: { name: "tiercel-operator" }, spec: { holderIdentity: "a" } });
    const lease = (await operator.ask({ path: `${leases}/tiercel-operator` })) as object;
    await may(`PUT ${leases}/tiercel-operator`, { ...lease, spec: { holderIdentity: "b" } });
    await may(`POST /apis/events.k8s.io/v1/namespaces/${home}/events`, {
      metadata: { name: "e", namespace: home },
      eventTime: "2026-11-26T08:00:00.000000Z",
      reportingController: "tiercel.dev/operator",
      reportingInstance: "tiercel-operator-1",
      action: "ConvertRules",
      reason: "CustomRulesRefused",
      regarding: { apiVersion: "apps/v1", kind: "Deployment", namespace: home, name: "tiercel-operator" },
      type: "Warning",
    });
  });

  it("end there", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    for (const [line, object] of [
      // Rights of its own or of others.
      [`POST ${rbac}/clusterroles`, { metadata: { name: "x" }, rules: [] }],
      [`PATCH ${rbac}/clusterroles/tiercel-agent`, {}],
      [`GET ${rbac}/clusterroles/cluster-admin`],
      [`POST ${rbac}/clusterrolebindings`, {}],
      [`POST ${rbac}/namespaces/${home}/roles`, {}],
      [`POST ${rbac}/namespaces/${home}/rolebindings`, {}],
      [`POST /api/v1/namespaces/${home}/serviceaccounts/tiercel-agent/token`, {}],
      // Other people's objects.
      ["POST /api/v1/namespaces/shop/secrets", { metadata: { name: "x" } }],
      ["PATCH /api/v1/namespaces/shop/secrets/slack", {}],
      ["GET /api/v1/namespaces/shop/configmaps"],
      ["POST /apis/events.k8s.io/v1/namespaces/shop/events", {}],
      ["GET /api/v1/namespaces/shop/pods"],
      [`PATCH ${tiercel}/namespaces/shop/falcorules/r`, {}],
      [`DELETE ${tiercel}/namespaces/shop/falcorules/r`],
      [`PATCH ${tiercel}/namespaces/shop/securityalerts/a/status`, {}],
      [`PATCH ${tiercel}/nodeagents/gone/status`, {}],
      ["PATCH /api/v1/nodes/node-1", {}],
      ["DELETE /api/v1/namespaces/shop"],
      [`POST /api/v1/namespaces/${home}/pods`, {}],
      [`POST /api/v1/namespaces/${home}/pods/tiercel-operator-1/exec?command=sh`],
      // The cluster's own.
      ["GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"],
      ["PATCH /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/other", {}],
      ["PATCH /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/tiercel-agent", {}],
      ["PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/falcorules.tiercel.dev", {}],
    ] as const)
      await mayNot(line, object);
  });

  it("are those of root on every node, by the pods that it may have made, and of all Secrets", async () => {
    const container = { name: "main", image: "none", securityContext: { privileged: true } };
    const pod = {
      metadata: { labels },
      spec: {
        hostPID: true,
        containers: [container],
        volumes: [{ name: "node", hostPath: { path: "/" } }],
        tolerations: [{ operator: "Exists" }],
      },
    };
    const spec = { selector: { matchLabels: labels }, template: pod };
    await cluster.apply(made(resources.daemonSets, "anything", { spec }));
    await may("GET /api/v1/secrets");
  });

  it("let it read no Secret of teams where the values say so", async function () {
    await installChart(this, plane, ["--set", "operator.teamSecrets=false"]);
    await eventually("the right is gone", async () =>
      (await refusalOf(operator, request("GET /api/v1/namespaces/shop/secrets/slack")))?.startsWith("403")
        ? true
        : undefined,
    );
    await may(`GET /api/v1/namespaces/${home}/secrets/tiercel-sinks`);
  });

  it("of people come with the cluster's own roles", async () => {
    const can = async (role: string, verb: string, resource: string) => {
      const [plural, subresource = ""] = resource.split("/");
      const asked = ["auth", "can-i", verb, plural!, `--subresource=${subresource}`, "-n", "shop"];
      const { stdout } = await plane.kubectl(asked, { as: `with-${role}` });
      return stdout.trim() === "yes";
    };
    const roles = ["view", "edit", "admin"];
    for (const role of roles)
      await plane.kubectl([
        "create",
        "rolebinding",
        role,
        `--clusterrole=${role}`,
        `--user=with-${role}`,
        "-n",
        "shop",
      ]);
    for (const [verb, resource, wanted] of [
      ["list", "falcorules", [true, true, true]],
      ["get", "securityalerts", [true, true, true]],
      ["create", "falcorules", [false, true, true]],
      ["delete", "alertsinks", [false, true, true]],
      ["patch", "securityalerts/status", [false, true, true]],
      ["delete", "securityalerts", [false, false, true]],
      ["create", "securityalerts", [false, false, false]],
    ] as const)
      for (const [index, role] of roles.entries())
        assert.equal(await can(role, verb, resource), wanted[index], `${role} ${verb} ${resource}`);
  });
});
