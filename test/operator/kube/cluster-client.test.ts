import assert from "node:assert/strict";
import type { KubeAccess } from "../../../agent/kube/access.ts";
import { KubeClient } from "../../../agent/kube/client.ts";
import { ClusterClient, isConflict } from "../../../operator/kube/cluster-client.ts";
import { fromKey, keyOf, ownedBy } from "../../../operator/kube/object.ts";
import { pathOf, resourceOf, resources } from "../../../operator/kube/resources.ts";
import { makeCertificates, type Certificates } from "../../agent/kube/certificates.ts";
import { realClock } from "../../agent/kube/clock.ts";
import { StandInApi } from "../../agent/kube/stand-in.ts";

describe("paths and names", () => {
  it("follow from the table of kinds", () => {
    assert.equal(pathOf(resources.nodes, { name: "a" }), "/api/v1/nodes/a");
    assert.equal(pathOf(resources.nodeAgents, { namespace: "x" }), "/apis/tiercel.dev/v1alpha1/nodeagents");
    assert.equal(
      pathOf(resources.daemonSets, { namespace: "n", name: "a/b", subresource: "status" }),
      "/apis/apps/v1/namespaces/n/daemonsets/a%2Fb/status",
    );
    assert.equal(resourceOf({ apiVersion: "v1", kind: "Secret" }), resources.secrets);
    assert.throws(() => resourceOf({ apiVersion: "v1", kind: "Gadget" }), /Gadget of v1 is not in/);
  });

  it("have their way back", () => {
    assert.deepEqual(fromKey(keyOf({ namespace: "n", name: "x" })), { namespace: "n", name: "x" });
    assert.deepEqual(fromKey(keyOf({ name: "x" })), { namespace: "", name: "x" });
    assert.deepEqual(ownedBy(resources.deployments, { name: "d", uid: "1" }), {
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "d",
      uid: "1",
      controller: true,
      blockOwnerDeletion: false,
    });
  });
});

describe("the operator's client", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let kube: KubeClient;
  let client: ClusterClient;
  const answers: string[] = [];

  before(function () {
    certificates = makeCertificates(this);
  });
  beforeEach(async () => {
    api = new StandInApi(certificates);
    const port = await api.listen();
    const access: KubeAccess = {
      server: new URL(`https://127.0.0.1:${port}`),
      serverName: undefined,
      ca: { text: certificates.ca },
      insecure: false,
      token: { text: "t" },
      client: undefined,
      origin: "test",
    };
    answers.length = 0;
    const onAnswer = (method: string, status: number) => answers.push(`${method} ${status}`);
    kube = new KubeClient({ access, clock: realClock, userAgent: "test", onAnswer });
    client = new ClusterClient(kube);
  });
  afterEach(async () => {
    kube.close();
    await api.close();
  });

  const says = (status: number, body: object) => {
    api.fault = () => ({ kind: "status", status, body: JSON.stringify(body) });
  };
  const ref = { resource: resources.configMaps, namespace: "n", name: "x" };
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "n", name: "x" } };

  it("tells an object that is not there from a kind that is not served", async () => {
    says(404, { code: 404, reason: "NotFound" });
    assert.equal(await client.get(ref), undefined);
    assert.equal(await client.delete(ref), false);
    says(404, {});
    await assert.rejects(client.get(ref), { status: 404 });
    await assert.rejects(client.delete(ref), { status: 404 });
  });

  it("lists page by page", async () => {
    for (const uid of ["a", "b", "c"])
      api.put("configmaps", { metadata: { name: uid, namespace: "n", uid } });
    const names: string[] = [];
    for await (const { metadata } of client.list(resources.configMaps, { namespace: "n", limit: 2 }))
      names.push(metadata.name);
    assert.deepEqual(names, ["a", "b", "c"]);
    assert.deepEqual(
      api.asked.map(({ query }) => query.get("limit")),
      ["2", "2"],
    );
  });

  it("applies under its name, and takes over", async () => {
    says(200, map);
    assert.deepEqual(await client.apply(map), map);
    await client.applyStatus({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { namespace: "n", name: "x" },
    });
    const [first, second] = api.asked;
    assert.equal(first!.headers["content-type"], "application/apply-patch+yaml");
    assert.equal(first!.query.toString(), "fieldManager=tiercel-operator&force=true");
    assert.equal(second!.path, "/apis/tiercel.dev/v1alpha1/namespaces/n/falcorules/x/status");
  });

  it("creates, patches and deletes with preconditions; a conflict has a name of its own", async () => {
    says(409, { code: 409, reason: "AlreadyExists", message: "there" });
    const error = await client.create(map).catch((reason: unknown) => reason);
    assert.ok(isConflict(error));
    assert.equal((error as { reason: string }).reason, "AlreadyExists");
    says(200, {});
    await client.patch(ref, { data: null });
    await client.patch({ ...ref, subresource: "status" }, [{ op: "remove", path: "/a" }]);
    await client.delete(ref, { uid: "u" });
    const [, merge, json, removal] = api.asked;
    assert.equal(merge!.headers["content-type"], "application/merge-patch+json");
    assert.equal(json!.headers["content-type"], "application/json-patch+json");
    assert.equal(json!.path, "/api/v1/namespaces/n/configmaps/x/status");
    assert.deepEqual(JSON.parse(removal!.body), {
      propagationPolicy: "Background",
      preconditions: { uid: "u" },
    });
  });

  it("tells each answer, and that there was none", async () => {
    says(201, map);
    await client.create(map);
    api.fault = () => ({ kind: "cut" });
    await assert.rejects(client.create(map));
    assert.deepEqual(answers, ["POST 201", "POST 0"]);
  });
});
