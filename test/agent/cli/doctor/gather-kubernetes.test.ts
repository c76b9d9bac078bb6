import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "../../../../agent/cli/settings/check.ts";
import type { Settings } from "../../../../agent/cli/settings/schema.ts";
import { gatherKubernetes } from "../../../../agent/cli/doctor/gather-kubernetes.ts";
import { makeCertificates } from "../../kube/certificates.ts";
import { StandInApi } from "../../kube/stand-in.ts";

describe("the doctor's question to the Kubernetes API", () => {
  let folder: string;
  let api: StandInApi;
  let kubeconfig: string;
  let server: string;
  before(async function () {
    const certificates = makeCertificates(this);
    api = new StandInApi(certificates);
    server = `127.0.0.1:${await api.listen()}`;
    folder = mkdtempSync(join(tmpdir(), "tiercel-doctor-"));
    kubeconfig = join(folder, "config");
    const ca = Buffer.from(certificates.ca).toString("base64");
    writeFileSync(
      kubeconfig,
      `current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://${server}", certificate-authority-data: ${ca}}}]
users: [{name: u, user: {token: secret}}]
`,
    );
  });
  after(async () => {
    await api?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });
  afterEach(() => (api.fault = () => undefined));

  const gather = (cluster: Partial<Settings["cluster"]>, node_name: string, pod_metadata: "auto" | "cri") =>
    gatherKubernetes(
      {
        kubernetes: { pod_metadata, kubeconfig, node_name },
        cluster: { ...defaultSettings().cluster, state_folder: join(folder, "state"), ...cluster },
      },
      {},
      "me",
    );
  const ask = async (node_name = "node-1", pod_metadata: "auto" | "cri" = "auto") =>
    (await gather({}, node_name, pod_metadata)).kubernetes;

  it("is for one pod of this node, as the agent asks", async () => {
    assert.deepEqual(await ask(), { server, node: "node-1", error: undefined });
    const [asked] = api.asked.slice(-1);
    assert.equal(asked!.path, "/api/v1/pods");
    assert.equal(asked!.query.get("fieldSelector"), "spec.nodeName=node-1");
    assert.equal(asked!.query.get("limit"), "1");
  });

  it("tells why there was no answer, and what lacks for asking", async () => {
    api.fault = () => ({ kind: "status", status: 403 });
    const refused = await ask();
    assert.ok(refused !== undefined && "error" in refused);
    assert.match(refused.error ?? "", /403/);
    const missing = await ask("No Node");
    assert.ok(missing !== undefined && "missing" in missing);
    assert.match(missing.missing, /NODE_NAME/);
  });

  it("is for the index of a cluster's rules, where they come from there", async () => {
    const cluster = async (more: Partial<Settings["cluster"]> = {}) =>
      (await gather({ enabled: true, namespace: "ns", ...more }, "node-1", "cri")).cluster;
    const place = "ns/tiercel-rules";
    const folder = { path: join(kubeconfig, "../state"), error: undefined };
    const error = 'HTTP 404: configmaps "tiercel-rules" not found';
    assert.deepEqual(await cluster(), { place, index: { error }, kept: "", folder });
    const digest = "ab".repeat(32);
    const data = { "index.json": JSON.stringify({ version: 1, digest, set: { version: 1 }, shards: ["s"] }) };
    api.put("configmaps", { metadata: { name: "tiercel-rules", namespace: "ns", uid: "1" }, data });
    assert.deepEqual(await cluster(), { place, index: { digest, shards: 1 }, kept: "", folder });
    const file = await cluster({ state_folder: kubeconfig });
    assert.equal(file?.folder.error, "ENOTDIR");
    assert.equal((await gather({}, "node-1", "cri")).cluster, undefined);
  });

  it("is not put where the settings do not want it", async () => {
    const before = api.asked.length;
    assert.equal(await ask("n", "cri"), undefined);
    assert.equal(api.asked.length, before);
  });
});
