/** The whole agent asks an API server for pods. The server is a stand-in; the real one comes with test/cluster. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "../agent/kube/certificates.ts";
import { StandInApi } from "../agent/kube/stand-in.ts";
import { made, pod } from "../agent/state/pods/made-objects.ts";
import { needCapture, startAgent } from "./support/agent.ts";
import { eventually } from "./support/commands.ts";

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("an agent with a kubeconfig", function () {
  this.timeout(60_000);

  it("watches the pods of its node, counts them, outlives the API server and ends cleanly", async function () {
    needCapture(this);
    const certificates = makeCertificates(this);
    const api = new StandInApi(certificates);
    const folder = mkdtempSync(join(tmpdir(), "tiercel-kubeconfig-"));
    const rules = join(folder, "rules.yaml");
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(
      rules,
      "- rule: never\n  desc: d\n  condition: evt.type = setns\n  output: o\n  priority: INFO\n",
    );
    const port = await freePort();
    const apiPort = await api.listen();
    const cluster = {
      server: `https://127.0.0.1:${apiPort}`,
      "certificate-authority-data": Buffer.from(certificates.ca).toString("base64"),
    };
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { token: "geheim" } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    api.put("namespaces", made("Namespace", "default"));
    api.put("replicasets", made("ReplicaSet", "web-1"));
    api.put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const shows = (line: string) =>
      eventually(line, async () => ((await metrics()).includes(`${line}\n`) ? true : undefined), 20_000);
    let agent;
    try {
      agent = await startAgent({
        rules: [rules],
        settings: {
          "webserver.enabled": "true",
          "webserver.listen_port": String(port),
          "kubernetes.kubeconfig": kubeconfig,
          "kubernetes.node_name": "node-1",
        },
      });
      await shows('tiercel_kubernetes_objects{kind="pods"} 1');
      await shows('tiercel_kubernetes_connected{kind="pods"} 1');
      await shows('tiercel_kubernetes_connected{kind="replicasets"} 1');
      await api.close();
      await shows('tiercel_kubernetes_connected{kind="pods"} 0');
      await shows('tiercel_kubernetes_objects{kind="pods"} 1');
      assert.match(agent.log(), /the Kubernetes API at 127\.0\.0\.1:\d+ is asked as node node-1/);
      assert.match(agent.log(), /the Kubernetes API does not give pods \(.*\): what is known of them stays/);
      assert.ok(!agent.log().includes("geheim"));
      assert.equal(await agent.stop(), 0);
    } finally {
      await agent?.stop();
      await api.close();
      rmSync(folder, { recursive: true });
    }
  });
});
