/** The control plane that the other tests here run on: that it is what they take it for, and leaves nothing behind. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { anyCluster } from "./own-cluster.ts";

/** The claims of a token, unchecked. */
const claims = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as {
    "kubernetes.io": Record<string, { name: string }>;
  };

/** Processes whose command line names this folder. */
function processesOf(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
      } catch {
        return false;
      }
    });
}

describe("the test control plane", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  before(async function () {
    plane = await ControlPlane.start(this, {
      controllerManager: true,
      scheduler: true,
      tokens: { "eve-token": { user: "eve", groups: ["team-a"] } },
    });
  });
  after(() => plane?.stop());

  const whoami = async (as: Parameters<ControlPlane["kubectl"]>[1] & object) => {
    const { stdout, stderr } = await plane.kubectl(["auth", "whoami", "-o", "json"], as);
    assert.equal(stderr, "");
    return (
      JSON.parse(stdout) as { status: { userInfo: { username: string; groups: string[]; extra?: object } } }
    ).status.userInfo;
  };

  it("knows users by certificate and by token, with their groups", async () => {
    const [ann, eve] = await Promise.all([
      whoami({ as: { user: "ann", groups: ["team-a", "team, b=c"] } }),
      whoami({ as: { token: "eve-token" } }),
    ]);
    assert.deepEqual([ann.username, ann.groups], ["ann", ["team-a", "team, b=c", "system:authenticated"]]);
    assert.deepEqual([eve.username, eve.groups], ["eve", ["team-a", "system:authenticated"]]);
    const refused = await plane.kubectl(["get", "pods"], { as: "ann" });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /User "ann" cannot list resource "pods"/);
  });

  it("gives a pod's token, which names its node", async () => {
    const pod = { namespace: "shop", serviceAccount: "agent", pod: "agent-1", node: "node-1" };
    const token = await plane.podToken(pod);
    assert.equal(claims(token)["kubernetes.io"]["node"]!.name, "node-1");
    const { username, extra } = await whoami({ as: { token } });
    assert.equal(username, "system:serviceaccount:shop:agent");
    assert.deepEqual((extra as Record<string, string[]>)["authentication.kubernetes.io/node-name"], [
      "node-1",
    ]);
    const other = await plane.podToken({ ...pod, pod: "agent-2", node: "node-2" });
    assert.equal(claims(other)["kubernetes.io"]["node"]!.name, "node-2");
  });

  it("schedules, and collects what lost its owner", async () => {
    await plane.node("with-room");
    await plane.apply([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace: "default" },
        spec: {
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: { containers: [{ name: "main", image: "none" }], tolerations: [{ operator: "Exists" }] },
          },
        },
      },
    ]);
    const pods = ["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].spec.nodeName}"];
    await eventually(
      "its pod is on a node",
      async () => ((await plane.kubectl(pods)).stdout === "" ? undefined : true),
      30_000,
    );
    await plane.kubectl(["delete", "deployment", "web"]);
    await eventually(
      "its ReplicaSet is gone",
      async () => ((await plane.kubectl(["get", "rs", "-o", "name"])).stdout === "" ? true : undefined),
      30_000,
    );
  });

  it("reaches a webhook on loopback by URL", async () => {
    const { certificate, key, ca } = plane.serverCertificate("webhook");
    const asked: string[] = [];
    const server = https.createServer({ cert: certificate, key }, (request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (more: string) => (text += more));
      request.once("end", () => {
        const review = JSON.parse(text) as {
          apiVersion: string;
          kind: string;
          request: { uid: string; name: string };
        };
        asked.push(review.request.name);
        const status = { message: "we do not like it" };
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            apiVersion: review.apiVersion,
            kind: review.kind,
            response: { uid: review.request.uid, allowed: false, status },
          }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await plane.apply({
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingWebhookConfiguration",
        metadata: { name: "test" },
        webhooks: [
          {
            name: "test.tiercel.dev",
            clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(ca).toString("base64") },
            rules: [
              { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
            ],
            sideEffects: "None",
            admissionReviewVersions: ["v1"],
            matchConditions: [{ name: "own", expression: "object.metadata.namespace == 'shop'" }],
          },
        ],
      });
      const refusal = await eventually(
        "the webhook is asked",
        async () => {
          const made = await plane.kubectl(["create", "configmap", "bad", "-n", "shop", "--dry-run=server"]);
          return made.code === 0 ? undefined : made.stderr;
        },
        30_000,
      );
      assert.match(refusal, /"test.tiercel.dev" denied the request: we do not like it/);
      assert.deepEqual(asked, ["bad"]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("keeps data, port and certificates when the API server is killed and started", async () => {
    const before = plane.access("admin");
    await plane.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kept", namespace: "default" },
    });
    await plane.killApi();
    assert.notEqual((await plane.kubectl(["get", "ns"])).code, 0);
    await plane.startApi();
    assert.deepEqual(plane.access("admin"), before);
    assert.equal(
      (await plane.kubectl(["get", "configmap", "kept", "-o", "name"])).stdout,
      "configmap/kept\n",
    );
  });

  it("can be the cluster of the user's own that TIERCEL_KUBECONFIG names", async function () {
    const named = process.env["TIERCEL_KUBECONFIG"];
    process.env["TIERCEL_KUBECONFIG"] = plane.kubeconfig("admin");
    try {
      const own = await anyCluster(this);
      assert.ok(!(own instanceof ControlPlane));
      const pod = { namespace: "own", serviceAccount: "agent", pod: "agent-1", node: "own-node" };
      const token = await own.podToken(pod);
      assert.equal(claims(token)["kubernetes.io"]["node"]!.name, "own-node");
      const { stdout } = await own.kubectl(["auth", "whoami", "-o", "json"], { as: "bob" });
      assert.match(stdout, /"username": "bob"/);
      await own.stop();
      assert.match((await plane.kubectl(["get", "node", "own-node"])).stderr, /NotFound/);
      assert.equal((await plane.kubectl(["get", "csr", "-o", "name"])).stdout, "");
    } finally {
      if (named === undefined) delete process.env["TIERCEL_KUBECONFIG"];
      else process.env["TIERCEL_KUBECONFIG"] = named;
    }
  });

  it("stands beside another, and leaves neither process nor file behind", async function () {
    const other = await ControlPlane.start(this);
    const folder = other.environment()["HOME"]!;
    await other.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "only-here" } });
    assert.match((await plane.kubectl(["get", "ns", "only-here"])).stderr, /NotFound/);
    assert.equal(processesOf(folder).length, 2);
    await other.stop();
    assert.deepEqual([processesOf(folder), existsSync(folder)], [[], false]);
  });

  it("ends with a test that is killed", async () => {
    const script = `
      import { ControlPlane } from "./build/test/cluster/control-plane.js";
      const plane = await ControlPlane.start({});
      console.log(plane.environment()["HOME"]);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const folder = await new Promise<string>((resolve) =>
      child.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim())),
    );
    assert.equal(processesOf(folder).length, 2);
    child.kill("SIGKILL");
    await eventually("all are gone", () => (processesOf(folder).length === 0 ? true : undefined), 10_000);
    rmSync(folder, { recursive: true });
  });
});
