import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/reference.ts";
import { unmet } from "../../support/requirements.ts";
import { eventually, mustRun } from "../../system/support/commands.ts";
import { imageName } from "../../system/support/image.ts";
import { down, isUp, kubectl, mustKubectl, up } from "./cluster.ts";
import { cgroupMount, stateFolder } from "./layout.ts";

const programs = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
];

function path(name: string): string {
  return spawnSync("scripts/cluster-binaries.sh", ["--where", name], {
    cwd: root,
    encoding: "utf8",
  }).stdout.trim();
}

/** A pod on each node that answers with its name, and a Service before them. */
const web = [
  {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: "web",
              image: imageName,
              imagePullPolicy: "Never",
              command: ["sh", "-c", "while :; do hostname | nc -l -p 8080; done"],
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
  },
];

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly podIP: string };
}

/** Processes whose command line names the cluster's folder. */
function processes(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(stateFolder) ? [pid] : [];
      } catch {
        return [];
      }
    });
}

describe("the cluster of two nodes", function () {
  this.timeout(240_000);
  let pods: readonly Pod[] = [];

  before(async function () {
    if (process.getuid?.() !== 0) unmet(this, "cluster", "network namespaces need root");
    const missing = [...programs, "coredns"].map(path).filter((each) => !existsSync(each));
    if (missing.length > 0)
      unmet(this, "cluster", `no ${missing.join(", ")}; make cluster-binaries builds them`);
    if (isUp()) unmet(this, "cluster", `a cluster is up already (${stateFolder}); make cluster-down ends it`);
    await up(path, () => {});
    await mustKubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: web }));
    await mustKubectl(["rollout", "status", "daemonset/web", "--timeout=60s"]);
    const text = await mustKubectl(["get", "pods", "-l", "app=web", "-o", "json"]);
    pods = (JSON.parse(text) as { items: Pod[] }).items;
  });
  after(down);

  const inPod = (pod: Pod, ...command: string[]) =>
    kubectl(["exec", pod.metadata.name, "--", ...command]).then(({ stdout, stderr }) => stdout + stderr);

  it("runs a pod on each node", () => {
    assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), ["node1", "node2"]);
  });

  it("lets them reach each other by address", async () => {
    const [one, two] = pods as [Pod, Pod];
    assert.equal(await inPod(one, "nc", "-w", "5", two.status.podIP, "8080"), `${two.metadata.name}\n`);
    assert.equal(await inPod(two, "nc", "-w", "5", one.status.podIP, "8080"), `${one.metadata.name}\n`);
  });

  it("resolves the Service's name on both, and its address leads to one of them", async () => {
    const names = pods.map(({ metadata }) => `${metadata.name}\n`);
    const address = (await mustKubectl(["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"])).trim();
    for (const pod of pods) {
      await eventually(
        "the Service's name is known",
        async () => {
          const answer = await inPod(pod, "nslookup", "web.default.svc.cluster.local");
          return answer.includes(address) ? true : undefined;
        },
        30_000,
      );
      assert.ok(names.includes(await inPod(pod, "nc", "-w", "5", address, "80")));
    }
  });

  it("leaves nothing behind when it is ended", async () => {
    await down();
    assert.equal(existsSync(stateFolder), false);
    assert.deepEqual(processes(), []);
    const { stdout } = await mustRun("ip", ["netns", "list"]);
    assert.doesNotMatch(stdout, /tiercel-(control|node)/);
    assert.doesNotMatch(readFileSync("/proc/self/mounts", "utf8"), new RegExp(stateFolder));
    const left = readdirSync(cgroupMount, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => (existsSync(join(cgroupMount, name, "tiercel-node1")) ? [name] : []));
    assert.deepEqual(left, []);
  });
});
