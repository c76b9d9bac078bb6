/**
 * What the operator's client and its comparison say of a real API server's answers. Runs on a cluster of the user's own too:
 * all is in a namespace that is removed again, and no node fits the DaemonSet.
 */
import assert from "node:assert/strict";
import type { KubeClient } from "../../agent/kube/client.ts";
import { ClusterClient, isConflict } from "../../operator/kube/cluster-client.ts";
import { slim, type KubeObject } from "../../operator/kube/object.ts";
import { pathOf, resourceOf, resources } from "../../operator/kube/resources.ts";
import { wouldChange } from "../../operator/kube/would-change.ts";
import type { Cluster } from "./cluster.ts";
import { anyCluster } from "./own-cluster.ts";

type Made = KubeObject & Readonly<Record<string, unknown>>;

type Mapping = Record<string, unknown>;

const namespace = "tiercel-client-test";
const labels = { "app.kubernetes.io/name": "tiercel", "app.kubernetes.io/managed-by": "tiercel-operator" };

/** Where a garbage collector runs, the owner has to be there: it is the namespace, its UID as of `before`. */
const owner = { apiVersion: "v1", kind: "Namespace", name: namespace, uid: "", controller: true };

/** One of each way in which the server keeps lists, defaults and what is taken as a whole. */
const objects: readonly Made[] = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name: "index", labels, annotations: { a: "1", b: "2" } },
    data: { "index.json": "{}", other: "" },
  },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "bare", labels: {} }, data: {} },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name: "sinks" },
    type: "Opaque",
    data: { "a.b": "c2VjcmV0", c: "eA==" },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name: "agent", labels },
    spec: {
      selector: labels,
      ports: [
        { name: "metrics", port: 8766 },
        { name: "audit", port: 8765, protocol: "TCP", targetPort: "audit" },
      ],
    },
  },
  {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name: "agent" },
    automountServiceAccountToken: false,
  },
  {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      namespace,
      name: "agent",
      labels,
      ownerReferences: [owner],
    },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { rollingUpdate: { maxUnavailable: "10%" } },
      template: {
        metadata: { labels, annotations: { "tiercel.dev/settings": "1" } },
        spec: {
          hostPID: true,
          serviceAccountName: "agent",
          tolerations: [{ operator: "Exists" }],
          nodeSelector: { "kubernetes.io/os": "linux", [`${namespace}/pool`]: "a" },
          containers: [
            {
              name: "agent",
              image: "tiercel:1",
              args: ["agent", "--config", "/etc/tiercel/tiercel.yaml"],
              env: [
                {
                  name: "NODE_NAME",
                  valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } },
                },
                { name: "A", value: "b" },
              ],
              ports: [{ containerPort: 8766, name: "http" }],
              resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
              securityContext: { privileged: true, capabilities: { add: ["BPF", "PERFMON"] } },
              livenessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10 },
              volumeMounts: [
                { name: "state", mountPath: "/var/lib/tiercel" },
                { name: "config", mountPath: "/etc/tiercel", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "state", hostPath: { path: "/var/lib/tiercel", type: "DirectoryOrCreate" } },
            { name: "config", configMap: { name: "agent", items: [{ key: "a", path: "b" }] } },
            { name: "empty", emptyDir: {} },
          ],
        },
      },
    },
  },
  {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace, name: "lease" },
    spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime: "2026-01-02T03:04:05.123456Z" },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: namespace },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  },
];

/** An object as an apply changes it: without what the server counts and times, and what controllers say of it. */
function comparable({ metadata, ...rest }: Made): unknown {
  const owned = metadata.managedFields?.filter(({ manager }) => manager === "tiercel-operator");
  const kept = { ...metadata, managedFields: undefined, resourceVersion: undefined, generation: undefined };
  return { ...rest, status: undefined, kept, owned: owned?.map(({ fieldsV1 }) => fieldsV1) };
}

/** What only names the object, and what a caller cannot change. */
const fixed = /^\/(apiVersion|kind|metadata\/name(space)?|metadata|spec|data)$|\/(selector|matchLabels)/;

/** Every value of an object, with a copy of the object that has another one there, or none. */
function* variants(object: Made): Iterable<readonly [what: string, other: Made]> {
  const visit = function* (value: unknown, path: readonly string[]): Iterable<readonly string[]> {
    if (path.length > 0) yield path;
    if (typeof value === "object" && value !== null)
      for (const [name, one] of Object.entries(value)) yield* visit(one, [...path, name]);
  };
  for (const path of visit(object, [])) {
    const text = `/${path.join("/")}`;
    if (fixed.test(text)) continue;
    const other = structuredClone(object);
    const parent = path.slice(0, -1).reduce<unknown>((one, name) => (one as Mapping)[name], other) as Mapping;
    const last = path.at(-1)!;
    const value = parent[last];
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
    yield [`${text} gone`, other];
    if (typeof value !== "string" || Array.isArray(parent)) continue;
    parent[last] = value === "eA==" ? "eB==" : `${value}x`;
    yield [`${text} changed`, other];
  }
}

describe("the operator's client on a real API server", function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let admin: KubeClient;
  let client: ClusterClient;

  before(async function () {
    cluster = await anyCluster(this);
    admin = cluster.as("admin");
    client = new ClusterClient(admin);
    const made = await client.create<KubeObject>({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    owner.uid = made.metadata.uid!;
  });
  after(async () => {
    await client?.delete({ resource: resources.clusterRoles, name: namespace });
    await client?.delete({ resource: resources.namespaces, name: namespace });
    await cluster?.stop();
  });

  /** Changes with each change of the object, but not with those of its status. */
  const versionOf = ({ metadata }: KubeObject) => metadata.generation ?? metadata.resourceVersion;

  const refOf = (object: Made) => ({ resource: resourceOf(object), ...object.metadata });
  const there = async (object: Made) => {
    const got = await client.get<Made>(refOf(object));
    return got === undefined ? undefined : slim(got);
  };

  for (const object of objects) {
    const name = `${object.kind} ${object.metadata.name}`;
    it(`sees that ${name} is as it was applied, and each difference`, async () => {
      assert.equal(wouldChange(object, await there(object)), true, "nothing is there yet");
      const made = await client.apply(object);
      const version = versionOf(made);
      assert.equal(wouldChange(object, await there(object)), false, "just applied");
      let seen = 0;
      for (const [what, other] of variants(object)) {
        seen++;
        const answer = wouldChange(other, await there(object));
        // The server is asked whether it is so: it keeps the version where an apply changes nothing.
        const request = {
          method: "PATCH",
          path: pathOf(resourceOf(other), other.metadata),
          query: { fieldManager: "tiercel-operator", force: "true", dryRun: "All" },
          body: { type: "application/apply-patch+yaml", text: JSON.stringify(other) },
        } as const;
        const tried = (await admin.ask(request).catch(() => undefined)) as Made | undefined;
        if (tried === undefined) continue;
        const changes =
          JSON.stringify(comparable(tried)) !==
          JSON.stringify(comparable((await client.get<Made>(refOf(object)))!));
        // In doubt it says yes: that alone may differ.
        if (changes) assert.equal(answer, true, what);
      }
      assert.ok(seen > 0);
      const again = await client.apply(object);
      assert.equal(versionOf(again), version, "an apply that changes nothing is no new version");
    });
  }

  it("sees drift of its own fields, and none in those of others", async () => {
    const set = objects.find(({ kind }) => kind === "DaemonSet")!;
    const ref = { resource: resources.daemonSets, namespace, name: "agent" };
    const foreign = { metadata: { annotations: { theirs: "1" } }, spec: { minReadySeconds: 5 } };
    await admin.ask({
      method: "PATCH",
      path: `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`,
      query: { fieldManager: "kubectl-edit" },
      body: { type: "application/merge-patch+json", text: JSON.stringify(foreign) },
    });
    assert.equal(wouldChange(set, await there(set)), false);
    const drift = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "evil:1" }];
    await admin.ask({
      method: "PATCH",
      path: `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`,
      query: { fieldManager: "kubectl-edit" },
      body: { type: "application/json-patch+json", text: JSON.stringify(drift) },
    });
    assert.equal(wouldChange(set, await there(set)), true);
    const { spec } = await client.apply<Made>(set);
    assert.match(JSON.stringify(spec), /"image":"tiercel:1"/);
    assert.match(JSON.stringify(spec), /"minReadySeconds":5/);
    assert.equal(wouldChange(set, await client.get(ref)), false);
  });

  it("reads, lists, creates and deletes as it says", async () => {
    const map = (name: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name },
      immutable: true,
    });
    assert.equal(await client.get({ resource: resources.configMaps, namespace, name: "a" }), undefined);
    for (const name of ["a", "b", "c"]) await client.create(map(name));
    await assert.rejects(client.create(map("a")), (error: Error) => isConflict(error));
    const names: string[] = [];
    for await (const one of client.list(resources.configMaps, { namespace, limit: 2 }))
      names.push(one.metadata.name);
    assert.ok(
      ["a", "b", "c"].every((name) => names.includes(name)),
      names.join(),
    );
    const ref = { resource: resources.configMaps, namespace, name: "a" };
    await assert.rejects(client.delete(ref, { uid: "other" }), (error: Error) => isConflict(error));
    assert.equal(await client.delete(ref), true);
    assert.equal(await client.delete(ref), false);
    await assert.rejects(client.get({ resource: resources.falcoRules, namespace, name: "a" }), {
      status: 404,
    });
  });
});
