/** What the agent learns of pods from a real API server. */
import assert from "node:assert/strict";
import { PodMetadata } from "../../agent/cli/agent/pod-metadata.ts";
import type { KubeClient } from "../../agent/kube/client.ts";
import type { PodFacts } from "../../agent/state/pod-facts.ts";
import { realClock } from "../agent/kube/clock.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";

interface Answered {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
}

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "x" }] } };
const refresh = { Deployment: 200, ReplicaSet: 200, ReplicationController: 200 };

describe("pod metadata from a real API server", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let metadata: PodMetadata;
  const facts = new Map<string, PodFacts>();
  const log: string[] = [];

  const post = async (path: string, object: object): Promise<Answered> =>
    (await admin.ask({
      method: "POST",
      path,
      body: { type: "application/json", text: JSON.stringify(object) },
    })) as Answered;
  const patch = (path: string, object: object) =>
    admin.ask({
      method: "PATCH",
      path,
      body: { type: "application/merge-patch+json", text: JSON.stringify(object) },
    });
  const remove = (path: string) => admin.ask({ method: "DELETE", path, query: { gracePeriodSeconds: "0" } });
  const owned = (kind: string, name: string, { metadata: { uid } }: Answered) => [
    { apiVersion: "apps/v1", kind, name, uid, controller: true },
  ];
  /** Gives the agent the right to list and watch these, and nothing else. */
  const allow = (core: readonly string[], apps: readonly string[]) => {
    const verbs = ["list", "watch"];
    return patch("/apis/rbac.authorization.k8s.io/v1/clusterroles/agent", {
      rules: [
        { apiGroups: [""], resources: core, verbs },
        { apiGroups: ["apps"], resources: apps, verbs },
      ],
    });
  };
  const all = [
    ["pods", "namespaces", "services", "replicationcontrollers"],
    ["replicasets", "deployments"],
  ] as const;
  const named = (name: string) => [...facts.values()].find((one) => one.name === name);
  const becomes = <T>(what: string, read: () => T, wanted: T) =>
    eventually(
      what,
      () => (JSON.stringify(read()) === JSON.stringify(wanted) ? true : undefined),
      30_000,
    ).catch(() => assert.deepEqual(read(), wanted, `${what}; log: ${log.join("\n")}`));

  const pods = "/api/v1/namespaces/default/pods";
  const makePod = (name: string, more: object = {}, node = "node-1") =>
    post(pods, {
      metadata: { name, labels, ...more },
      spec: {
        nodeName: node,
        containers: [{ name: "main", image: "x", livenessProbe: { exec: { command: ["true"] } } }],
      },
    });

  before(async function () {
    plane = await ControlPlane.start(this);
    admin = plane.as("admin");
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    await post(`${rbac}/clusterroles`, { metadata: { name: "agent" }, rules: [] });
    await post(`${rbac}/clusterrolebindings`, {
      metadata: { name: "agent" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "agent" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "agent" }],
    });
    await allow(...all);
    await eventually(
      "the namespace default is there",
      () =>
        patch("/api/v1/namespaces/default", { metadata: { labels: { team: "a" } } }).catch(() => undefined),
      30_000,
    );
    const web = await post("/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "web", labels },
      spec: { selector: { matchLabels: labels }, template },
    });
    const set = await post("/apis/apps/v1/namespaces/default/replicasets", {
      metadata: { name: "web-1", labels, ownerReferences: owned("Deployment", "web", web) },
      spec: { selector: { matchLabels: labels }, template },
    });
    await post("/api/v1/namespaces/default/services", {
      metadata: { name: "front" },
      spec: { selector: labels, ports: [{ port: 80 }] },
    });
    await makePod("web-1-a", { ownerReferences: owned("ReplicaSet", "web-1", set) });
    await makePod("away", {}, "node-2");
    metadata = new PodMetadata({
      client: plane.as("agent"),
      node: "node-1",
      clock: realClock,
      random: Math.random,
      log: (level, message) => log.push(`${level}: ${message}`),
      tell: (input) => {
        if (input.kind === "pod") facts.set(input.facts.uid, input.facts);
        else facts.delete(input.uid);
      },
      retry: { base: 50, cap: 500, seldom: 500, longestRetryAfter: 1000 },
      join: { linger: 0, refresh },
      looking: 100,
    });
    metadata.start();
  });
  after(async () => {
    await metadata?.stop();
    await plane?.stop();
  });

  it("knows this node's pods with all that stands above them", async () => {
    await becomes("its pods are told", () => [...facts.values()].map(({ name }) => name), ["web-1-a"]);
    const told = named("web-1-a")!;
    assert.deepEqual(
      [told.rs?.name, told.deployment?.name, told.deployment?.labels, told.svc.map(({ name }) => name)],
      ["web-1", "web", [["app", "web"]], ["front"]],
    );
    assert.deepEqual(told.ns?.labels, [
      ["kubernetes.io/metadata.name", "default"],
      ["team", "a"],
    ]);
    assert.deepEqual(told.probes, [{ container: "main", liveness: ["true"], readiness: [] }]);
    assert.deepEqual(log, []);
  });

  it("follows edits of each kind", async () => {
    await patch("/api/v1/namespaces/default", { metadata: { labels: { team: "b" } } });
    await becomes("the namespace's label", () => named("web-1-a")?.ns?.labels[1]?.[1], "b");
    await patch("/api/v1/namespaces/default/services/front", { spec: { selector: { app: "other" } } });
    await becomes("no service", () => named("web-1-a")?.svc.length, 0);
    await patch("/apis/apps/v1/namespaces/default/deployments/web", { metadata: { labels: { app: "new" } } });
    await becomes("the deployment's label", () => named("web-1-a")?.deployment?.labels[0]?.[1], "new");
    await patch(`${pods}/web-1-a`, { metadata: { labels: { more: "1" } } });
    await becomes("the pod's label", () => named("web-1-a")?.labels.length, 2);
    await makePod("b");
    await becomes("a new pod", () => facts.size, 2);
    await remove(`${pods}/b`);
    await becomes("it is gone", () => named("b"), undefined);
  });

  it("is right again after the API server was killed and history was lost meanwhile", async () => {
    await makePod("c");
    await becomes("one more pod", () => named("c")?.name, "c");
    await plane.killApi();
    await eventually("it is away", () => (metadata.status.connected ? undefined : true), 30_000);
    assert.equal(named("c")?.name, "c");
    await plane.startApi();
    await remove(`${pods}/c`);
    await plane.compact();
    await makePod("d");
    await becomes("the pods of now", () => [...facts.values()].map(({ name }) => name).sort(), [
      "d",
      "web-1-a",
    ]);
  });

  it("is told 410 where it watches from a version that is gone, and lists anew", async () => {
    await plane.compact();
    const reader = { leftOut: () => {}, opened: () => {} };
    const events: unknown[] = [];
    const watching = plane
      .as("admin")
      .watch(
        { path: "/api/v1/pods", query: { watch: "1", resourceVersion: "1" } },
        { ...reader, take: (event) => events.push(event) },
      );
    await watching.catch((error: { status: number }) => events.push({ object: { code: error.status } }));
    assert.equal((events[0] as { object: { code: number } }).object.code, 410);
  });

  it("does without a kind that it may not see, and takes it again when it may", async () => {
    await allow(["pods", "namespaces", "replicationcontrollers"], ["replicasets"]);
    await plane.killApi();
    await plane.startApi();
    await eventually(
      "both refusals are said",
      () =>
        ["services", "deployments"].every((kind) =>
          log.some((line) => line.includes(`does not give ${kind} (HTTP 403`)),
        )
          ? true
          : undefined,
      30_000,
    );
    await makePod("e");
    await becomes("pods are told without them", () => named("e")?.svc, []);
    await allow(...all);
    await patch("/api/v1/namespaces/default/services/front", { spec: { selector: labels } });
    await becomes("services are there again", () => named("e")?.svc.map(({ name }) => name), ["front"]);
  });
});
