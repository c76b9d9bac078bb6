/** What an agent may do with the chart's roles and policy, and what it must not, tried on a real API server. */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, refusalOf, request } from "./installed-chart.ts";

const tiercel = "/apis/tiercel.dev/v1alpha1";
const alerts = `${tiercel}/namespaces/shop/securityalerts`;
const events = "/apis/events.k8s.io/v1/namespaces/shop/events";
const nodeAgents = `${tiercel}/nodeagents`;

const alert = (name: string, node: string, metadata: object = {}) => ({
  apiVersion: "tiercel.dev/v1alpha1",
  kind: "SecurityAlert",
  metadata: { name, ...metadata },
  spec: { rule: "Shell", priority: "Notice", source: "syscall", node, output: "a shell" },
});
const nodeAgent = (name: string, node: string, role = "node", metadata: object = {}) => ({
  apiVersion: "tiercel.dev/v1alpha1",
  kind: "NodeAgent",
  metadata: { name, ...metadata },
  spec: { node, role },
});
const event = (name: string, reportingInstance: string, reportingController = "tiercel.dev/agent") => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name, namespace: "shop" },
  eventTime: "2026-11-26T08:00:00.000000Z",
  reportingController,
  reportingInstance,
  action: "Detected",
  reason: "Shell",
  regarding: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web" },
  note: "a shell",
  type: "Warning",
});
const rule = {
  apiVersion: "tiercel.dev/v1alpha1",
  kind: "FalcoRule",
  metadata: { name: "mine" },
  spec: { rules: [{ rule: "Shell", enabled: false }] },
};
const owner = {
  apiVersion: "v1",
  kind: "ConfigMap",
  name: "none",
  uid: "0ff1ce00-0000-4000-8000-000000000001",
};

describe("an agent's rights", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let one: KubeClient;
  let two: KubeClient;
  let audit: KubeClient;
  let unbound: KubeClient;

  const may = async (client: KubeClient, line: string, object?: object) =>
    assert.equal(await refusalOf(client, request(line, object)), undefined, line);
  const mayNot = async (client: KubeClient, why: RegExp, line: string, object?: object) => {
    const refusal = (await refusalOf(client, request(line, object))) ?? "it was done";
    assert.match(refusal, why, `${line}: ${refusal}`);
  };

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane);
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    admin = plane.as("admin");
    const agent = async (pod: string, node: string) =>
      plane.as({
        token: await plane.podToken({ namespace: home, serviceAccount: "tiercel-agent", pod, node }),
      });
    one = await agent("tiercel-agent-1", "node-1");
    two = await agent("tiercel-agent-2", "node-2");
    audit = await agent("tiercel-audit-1", "node-1");
    const { stdout } = await plane.kubectl(["create", "token", "tiercel-agent", "-n", home]);
    unbound = plane.as({ token: stdout.trim() });
    // A policy acts some seconds after it was made.
    await eventually(
      "the policy acts",
      async () =>
        (await refusalOf(one, request(`POST ${events}?dryRun=All`, event("x", "node-2")))) ? true : undefined,
      60_000,
    );
  });
  after(() => plane?.stop());

  it("are enough for all that it does", async () => {
    for (const path of [
      "/api/v1/pods?fieldSelector=spec.nodeName=node-1",
      "/api/v1/namespaces",
      "/api/v1/services",
      "/api/v1/namespaces/shop/replicationcontrollers?fieldSelector=metadata.name=web",
      "/apis/apps/v1/namespaces/shop/replicasets?fieldSelector=metadata.name=web",
      "/apis/apps/v1/namespaces/shop/deployments?fieldSelector=metadata.name=web",
      "/api/v1/nodes/node-1",
      `/api/v1/namespaces/${home}/configmaps`,
      `/api/v1/namespaces/${home}/configmaps/tiercel`,
      `/api/v1/namespaces/${home}/secrets?fieldSelector=metadata.name=tiercel-sinks`,
    ])
      await may(one, `GET ${path}`);
    await plane.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "tiercel-sinks", namespace: home },
    });
    await may(one, `GET /api/v1/namespaces/${home}/secrets/tiercel-sinks`);

    await may(one, `POST ${alerts}`, alert("own", "node-1"));
    await may(one, `PATCH ${alerts}/own`, {});
    await may(one, `PATCH ${alerts}/own/status`, { status: { count: 1, lastOutput: "a shell" } });
    await may(one, `POST ${events}`, event("own", "node-1"));
    await may(one, `PATCH ${events}/own`, {});
    await may(one, `PATCH ${events}/own`, {
      series: { count: 2, lastObservedTime: "2026-11-26T08:01:00.000000Z" },
    });
    await may(one, `POST ${nodeAgents}`, nodeAgent("node-1", "node-1"));
    await may(one, `PATCH ${nodeAgents}/node-1/status`, { status: { events: 1 } });
    const review = { spec: { resourceAttributes: { verb: "list", resource: "pods" } } };
    await may(one, "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review);
  });

  it("let it follow its ConfigMaps and its Secret", async () => {
    for (const path of [
      `/api/v1/namespaces/${home}/configmaps`,
      `/api/v1/namespaces/${home}/secrets?fieldSelector=metadata.name=tiercel-sinks`,
      "/api/v1/pods?fieldSelector=spec.nodeName=node-1",
    ]) {
      const { path: from, query } = request(`GET ${path}`);
      const { metadata } = (await one.ask({ path: from, ...(query && { query }) })) as {
        metadata: { resourceVersion: string };
      };
      const watched = { watch: "1", timeoutSeconds: "1", resourceVersion: metadata.resourceVersion };
      let opened = false;
      const reader = { take: () => {}, leftOut: () => {}, opened: () => (opened = true) };
      await one.watch({ path: from, query: { ...query, ...watched } }, reader);
      assert.ok(opened, path);
    }
  });

  it("name the role that owns its NodeAgent", async () => {
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/tiercel-agent";
    const { metadata } = (await admin.ask({ path })) as { metadata: { uid: string } };
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "tiercel-agent" };
    const ownerReferences = [{ ...role, uid: metadata.uid }];
    await may(two, `POST ${nodeAgents}`, nodeAgent("node-2", "node-2", "node", { ownerReferences }));
  });

  it("do not reach alerts of others, nor what people say of one", async () => {
    await may(two, `POST ${alerts}`, alert("of-two", "node-2"));
    await may(two, `PATCH ${alerts}/of-two/status`, { status: { count: 7 } });
    const anothers = /^403 .*this alert is of node-2, the agent of node-1/;
    await mayNot(one, anothers, `POST ${alerts}`, alert("forged", "node-2"));
    await mayNot(one, anothers, `PATCH ${alerts}/of-two`, {});
    await mayNot(one, anothers, `PATCH ${alerts}/of-two/status`, { status: { count: 0 } });
    // Taken over: it says that it is its own, and was another's. The CRD alone refuses the first.
    await mayNot(one, /what happened cannot be changed/, `PATCH ${alerts}/of-two`, {
      spec: { node: "node-1" },
    });
    await mayNot(one, anothers, `PATCH ${alerts}/of-two/status`, {
      spec: { node: "node-1" },
      status: { count: 0 },
    });
    // Given away: another would be blamed for it.
    await mayNot(one, /^4\d\d .*(another|cannot be changed)/, `PATCH ${alerts}/own`, {
      spec: { node: "node-2" },
    });

    const peoples = /^403 .*the state of an alert belongs to people/;
    await mayNot(one, peoples, `PATCH ${alerts}/own/status`, { status: { state: "Acknowledged" } });
    await may(admin, `PATCH ${alerts}/own/status`, { status: { state: "Acknowledged" } });
    await mayNot(one, peoples, `PATCH ${alerts}/own/status`, { status: { state: "Open" } });
    await mayNot(one, peoples, `PATCH ${alerts}/own/status`, { status: { state: null } });
    await may(one, `PATCH ${alerts}/own/status`, { status: { count: 2 } });
    assert.equal(
      ((await admin.ask({ path: `${alerts}/own` })) as { status: { state: string } }).status.state,
      "Acknowledged",
    );
  });

  it("do not make an alert that nobody can delete, or that the collector does", async () => {
    const finalizers = ["example.com/never"];
    await mayNot(one, /agents set no finalizers/, `POST ${alerts}`, alert("stays", "node-1", { finalizers }));
    await mayNot(one, /agents set no finalizers/, `PATCH ${alerts}/own`, { metadata: { finalizers } });
    const ownerReferences = [owner];
    await mayNot(one, /agents set no owner/, `POST ${alerts}`, alert("goes", "node-1", { ownerReferences }));
    await mayNot(one, /agents set no owner/, `PATCH ${alerts}/own`, { metadata: { ownerReferences } });
    const owned = nodeAgent("node-1", "node-1", "node", { ownerReferences });
    await may(admin, `DELETE ${nodeAgents}/node-1`);
    await mayNot(one, /agents set no owner/, `POST ${nodeAgents}`, owned);
  });

  it("do not speak for another node's agent", async () => {
    const others = /^403 .*the NodeAgent of its own node only/;
    await mayNot(one, others, `POST ${nodeAgents}`, nodeAgent("node-3", "node-3"));
    await mayNot(one, others, `PATCH ${nodeAgents}/node-2/status`, { status: { events: 0 } });
    await mayNot(one, others, `POST ${nodeAgents}`, nodeAgent("audit-other", "node-1", "audit"));
    await mayNot(one, others, `POST ${nodeAgents}`, nodeAgent("audit-tiercel-agent-1", "node-2", "audit"));
    // RBAC: spec is not theirs to write.
    await mayNot(one, /^403 /, `PATCH ${nodeAgents}/node-2`, { metadata: { labels: { a: "b" } } });
  });

  it("do not write Events of others", async () => {
    const others = /^403 .*an agent writes Events of its own only/;
    await may(two, `POST ${events}`, event("of-two", "node-2"));
    await may(admin, `POST ${events}`, event("of-kubelet", "node-1", "kubelet"));
    await mayNot(one, others, `POST ${events}`, event("forged", "node-2"));
    await mayNot(one, others, `POST ${events}`, event("forged", "node-1", "kubelet"));
    const series = { count: 2, lastObservedTime: "2026-11-26T08:01:00.000000Z" };
    await mayNot(one, others, `PATCH ${events}/of-two`, {});
    await mayNot(one, others, `PATCH ${events}/of-two`, { series });
    await mayNot(one, others, `PATCH ${events}/of-kubelet`, { series });
    // Events of the older kind have no field that could be checked.
    await mayNot(one, /^403 /, "POST /api/v1/namespaces/shop/events", {});
  });

  it("do not read alerts, rules or Secrets, nor write anything else", async () => {
    const forbidden = /^403 .*cannot (get|list|create|patch|delete|update|deletecollection)/;
    for (const [line, object] of [
      [`GET ${alerts}/own`],
      [`GET ${alerts}`],
      [`DELETE ${alerts}/own`],
      [`DELETE ${alerts}`],
      [`GET ${nodeAgents}`],
      [`GET ${nodeAgents}/node-1`],
      [`DELETE ${nodeAgents}/node-2`],
      [`GET ${tiercel}/falcorules`],
      [`POST ${tiercel}/namespaces/${home}/falcorules`, rule],
      [`PATCH ${tiercel}/namespaces/${home}/falcorules/mine/status`, {}],
      [`POST ${tiercel}/namespaces/${home}/alertsinks`, {}],
      [`GET /api/v1/namespaces/${home}/secrets`],
      [`GET /api/v1/namespaces/${home}/secrets/tiercel-ca`],
      [`GET /api/v1/namespaces/shop/secrets/tiercel-sinks`],
      [`GET /api/v1/namespaces/shop/configmaps`],
      [`PATCH /api/v1/namespaces/${home}/configmaps/tiercel-rules`, {}],
      [`PATCH /api/v1/namespaces/${home}/secrets/tiercel-sinks`, {}],
      ["GET /api/v1/nodes"],
      ["PATCH /api/v1/nodes/node-1", {}],
      [`POST /api/v1/namespaces/${home}/pods`, {}],
      [`POST /api/v1/namespaces/${home}/serviceaccounts/tiercel-operator/token`, {}],
      [`PATCH /apis/apps/v1/namespaces/${home}/daemonsets/tiercel-agent`, {}],
      [`GET ${events}/own`],
      [`DELETE ${events}/own`],
    ] as const)
      await mayNot(one, forbidden, line, object);
  });

  it("reach, all the same, all pods, all credentials of sinks, and people in any namespace", async () => {
    await plane.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "anything", namespace: home },
        data: { a: "b" },
      },
    ]);
    for (const path of ["/api/v1/pods", "/api/v1/services", "/apis/apps/v1/deployments"])
      await may(one, `GET ${path}`);
    await may(one, `GET /api/v1/namespaces/${home}/configmaps/anything`);
    await may(one, `GET /api/v1/namespaces/${home}/secrets/tiercel-sinks`);
    // What it says happened on its own node is believed, wherever it says the pod is.
    const elsewhere = alerts.replace("/shop/", "/other/");
    await may(one, `POST ${elsewhere}`, alert("made-up", "node-1"));
  });

  it("of an audit agent are those of its pod", async () => {
    const name = "audit-tiercel-audit-1";
    await may(audit, `POST ${nodeAgents}`, nodeAgent(name, "node-1", "audit"));
    await may(audit, `PATCH ${nodeAgents}/${name}/status`, { status: { events: 1 } });
    await may(audit, `POST ${alerts}`, alert("of-audit", name));
    await may(audit, `PATCH ${alerts}/of-audit/status`, { status: { count: 1 } });
    await may(audit, `POST ${events}`, event("of-audit", name));
    await mayNot(audit, /another|is of/, `POST ${alerts}`, alert("forged", "audit-tiercel-audit-2"));
    await mayNot(one, /is of audit-tiercel-audit-1/, `PATCH ${alerts}/of-audit`, {});
    await mayNot(one, /its own node only/, `PATCH ${nodeAgents}/${name}/status`, { status: { events: 0 } });
  });

  it("end where the token does not say whose it is", async () => {
    const unsaid = /the token says neither node nor pod/;
    await mayNot(unbound, unsaid, `POST ${alerts}`, alert("unbound", "node-1"));
    await mayNot(unbound, unsaid, `POST ${alerts}`, alert("unbound", "-"));
  });

  it("hold even where somebody makes it an administrator by mistake", async () => {
    await plane.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "mistake" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: "tiercel-agent", namespace: home }],
    });
    await eventually("the right is there", async () =>
      (await refusalOf(one, request(`GET ${alerts}`))) === undefined ? true : undefined,
    );
    const nothing = /^403 .*agents write SecurityAlerts, NodeAgents and Events, and nothing else/;
    await mayNot(one, nothing, `POST ${tiercel}/namespaces/${home}/falcorules`, rule);
    await mayNot(one, nothing, `POST /api/v1/namespaces/shop/secrets`, { metadata: { name: "mine" } });
    await mayNot(one, nothing, `POST /api/v1/namespaces/shop/events`, {
      metadata: { name: "old", namespace: "shop" },
      involvedObject: { kind: "Pod", namespace: "shop", name: "web" },
    });
    await mayNot(one, nothing, `PATCH /api/v1/nodes/node-2/status`, { metadata: { labels: { a: "b" } } });
    await may(admin, `POST ${tiercel}/namespaces/${home}/falcorules`, rule);
    await mayNot(one, nothing, `DELETE ${tiercel}/namespaces/${home}/falcorules`);
    await mayNot(one, nothing, `DELETE ${tiercel}/namespaces/${home}/falcorules/mine`);
    await mayNot(one, /agents delete nothing/, `DELETE ${alerts}/own`);
    await mayNot(one, /agents delete nothing/, `DELETE ${alerts}`);
    await mayNot(one, /is of node-2/, `PATCH ${alerts}/of-two/status`, { status: { count: 0 } });
    await mayNot(one, nothing, `POST /api/v1/namespaces/${home}/serviceaccounts/tiercel-operator/token`, {});
  });
});
