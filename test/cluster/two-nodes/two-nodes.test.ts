import assert from "node:assert/strict";
import { eventually } from "../../system/support/commands.ts";
import { imageName } from "../../system/support/image.ts";
import { kubectl, mustKubectl } from "./cluster.ts";
import { home, installed, repository, sharedCluster, tags, uninstalled } from "./shared.ts";

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

describe("the cluster of two nodes", function () {
  this.timeout(600_000);
  sharedCluster();
  let pods: readonly Pod[] = [];

  before(async function () {
    await mustKubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: web }));
    await mustKubectl(["rollout", "status", "daemonset/web", "--timeout=60s"]);
    const text = await mustKubectl(["get", "pods", "-l", "app=web", "-o", "json"]);
    pods = (JSON.parse(text) as { items: Pod[] }).items;
  });
  after(() => mustKubectl(["delete", "daemonset,service", "web", "--ignore-not-found"]));

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

  it("runs the chart: an operator, an agent on each node, from the image's tag that is asked for", async () => {
    await installed(`image.tag=${tags.tools}`);
    const text = await mustKubectl(["get", "pods", "--namespace", home, "-o", "json"]);
    const { items } = JSON.parse(text) as {
      items: (Pod & { spec: { containers: { image: string }[] } })[];
    };
    const nodes = items.filter(({ metadata }) => metadata.name.startsWith("tiercel-agent"));
    assert.deepEqual(nodes.map(({ spec }) => spec.nodeName).sort(), ["node1", "node2"]);
    for (const { spec } of items) assert.equal(spec.containers[0]!.image, `${repository}:${tags.tools}`);
  });

  it("is without a trace of it once it is taken away", async () => {
    await uninstalled();
    const kinds = ["crd", "clusterrole", "clusterrolebinding", "validatingwebhookconfiguration"];
    const all = await mustKubectl(["get", kinds.join(","), "-o", "name"]);
    assert.deepEqual(
      all.split("\n").filter((name) => name.includes("tiercel")),
      [],
    );
  });
});
