import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  const ask = (node_name = "node-1", pod_metadata: "auto" | "cri" = "auto") =>
    gatherKubernetes({ pod_metadata, kubeconfig, node_name }, {}, "me");

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

  it("is not put where the settings do not want it", async () => {
    const before = api.asked.length;
    assert.equal(await ask("n", "cri"), undefined);
    assert.equal(api.asked.length, before);
  });
});
