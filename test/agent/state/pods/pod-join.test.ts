import assert from "node:assert/strict";
import type { PodFacts } from "../../../../agent/state/pod-facts.ts";
import { PodJoin, type PodJoinOptions, type WatchedKind } from "../../../../agent/state/pods/pod-join.ts";
import type { KubeObject } from "../../kube/stand-in.ts";
import { made, pod, service, uidOf } from "./made-objects.ts";

/** A join whose namespaces and services are settled, and what it told. */
function begin(
  options: Partial<PodJoinOptions> = {},
  settled: readonly WatchedKind[] = ["namespaces", "services"],
) {
  const join = new PodJoin({ random: () => 0.5, ...options });
  for (const kind of settled) join.settle(kind);
  let now = 0;
  const told = new Map<string, PodFacts>();
  return {
    join,
    told,
    put: (kind: WatchedKind, object: KubeObject) => join.put(kind, object.metadata.uid, object),
    /** What the next flush tells, shortly, sorted. */
    flush: (advance = 0) => {
      now += advance;
      const inputs = join.flush(now).map((input) => {
        if (input.kind === "podGone") {
          told.delete(input.uid);
          return `${input.uid} gone`;
        }
        told.set(input.facts.uid, input.facts);
        return input.facts.uid;
      });
      return inputs.sort();
    },
    /** Answers all questions about owners from these objects. */
    answer: (objects: readonly KubeObject[], advance = 0) => {
      now += advance;
      const asked: string[] = [];
      for (let owner = join.owners.next(now); owner !== undefined; owner = join.owners.next(now)) {
        const { kind, namespace, name } = owner.reference;
        asked.push(`${kind} ${name}`);
        join.ownerAnswered(
          owner,
          objects.find(
            (one) =>
              one["kind"] === kind && one.metadata.name === name && one.metadata.namespace === namespace,
          ),
          now,
        );
      }
      return asked;
    },
    fail: (advance = 0, wait = 1000) => {
      now += advance;
      const owner = join.owners.next(now);
      if (owner === undefined) return undefined;
      join.ownerFailed(owner, wait, now);
      return owner.reference.name;
    },
  };
}

describe("pods joined with what stands above them", () => {
  it("tells labels, address, node, namespace, services and probes", () => {
    const { put, flush, told } = begin();
    put("namespaces", made("Namespace", "default", { labels: { team: "a" } }));
    put("services", service("web", { app: "web" }, { labels: { tier: "front" } }));
    put("services", service("all", {}));
    put("services", service("none", undefined));
    put("services", service("other", { app: "web", v: "2" }));
    put("services", service("elsewhere", { app: "web" }, { namespace: "kube-system" }));
    put("services", service("admin", { app: "web" }));
    const liveness = { exec: { command: ["cat", "/tmp/ä"] } };
    const containers = [
      { name: "main", livenessProbe: liveness, readinessProbe: { httpGet: { path: "/" } } },
      { name: "side" },
    ];
    const initContainers = [{ name: "proxy", readinessProbe: { exec: { command: ["true"] } } }];
    put("pods", pod("a", { labels: { v: "1", app: "web" }, ip: "10.1.2.3", containers, initContainers }));
    flush();
    const latin = Buffer.from("/tmp/ä").toString("latin1");
    assert.deepEqual(told.get("pod-a"), {
      uid: "pod-a",
      name: "a",
      namespace: "default",
      labels: [
        ["app", "web"],
        ["v", "1"],
      ],
      ip: "10.1.2.3",
      node: "node-1",
      ns: { name: "default", uid: "namespace-default", labels: [["team", "a"]] },
      deployment: undefined,
      rs: undefined,
      rc: undefined,
      svc: [
        { name: "admin", uid: "service-admin", labels: [] },
        { name: "web", uid: "service-web", labels: [["tier", "front"]] },
      ],
      probes: [
        { container: "main", liveness: ["cat", latin], readiness: [] },
        { container: "proxy", liveness: [], readiness: ["true"] },
      ],
    });
  });

  it("tells only what changed, and each change once", () => {
    const { put, flush, join } = begin();
    put("pods", pod("a"));
    put("pods", pod("b", { labels: { app: "b" } }));
    assert.deepEqual(flush(), ["pod-a", "pod-b"]);
    put("pods", pod("a", { annotations: { x: "1" } }));
    put("services", service("c", { app: "c" }));
    assert.deepEqual(flush(), []);
    put("services", service("c", { app: "b" }));
    assert.deepEqual(flush(), ["pod-b"]);
    join.remove("services", "service-c");
    assert.deepEqual(flush(), ["pod-b"]);
    put("namespaces", made("Namespace", "default"));
    assert.deepEqual(flush(), ["pod-a", "pod-b"]);
    join.remove("namespaces", "namespace-default");
    assert.deepEqual(flush(), ["pod-a", "pod-b"]);
  });

  it("holds a pod back until each kind was listed or failed", () => {
    const { put, flush, join } = begin({}, []);
    put("pods", pod("a"));
    assert.deepEqual(flush(), []);
    join.settle("services");
    assert.deepEqual(flush(), []);
    join.settle("namespaces");
    assert.deepEqual(flush(), ["pod-a"]);
  });

  it("follows the owners up to the deployment, holding the pod back until they were asked for", () => {
    const { put, flush, answer, told } = begin();
    const cluster = [
      made("ReplicaSet", "web-1", { labels: { hash: "1" }, owner: ["Deployment", "web"] }),
      made("Deployment", "web", { labels: { app: "web" } }),
    ];
    put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    assert.deepEqual(flush(), []);
    assert.deepEqual(answer(cluster), ["ReplicaSet web-1"]);
    assert.deepEqual(flush(), []);
    assert.deepEqual(answer(cluster), ["Deployment web"]);
    assert.deepEqual(flush(), ["pod-a"]);
    const { rs, deployment, rc } = told.get("pod-a")!;
    assert.deepEqual(
      [rs, deployment, rc],
      [
        { name: "web-1", uid: "replicaset-web-1", labels: [["hash", "1"]] },
        { name: "web", uid: "deployment-web", labels: [["app", "web"]] },
        undefined,
      ],
    );
    put("pods", pod("b", { owner: ["ReplicaSet", "web-1"] }));
    assert.deepEqual(flush(), ["pod-b"]);
    assert.deepEqual(answer(cluster), []);
  });

  it("knows replication controllers, and no owner of another kind", () => {
    const { put, flush, answer, told } = begin();
    put("pods", pod("a", { owner: ["ReplicationController", "old"] }));
    put("pods", pod("b", { owner: ["StatefulSet", "db"] }));
    put("pods", pod("c", { owner: ["Node", "node-1"] }));
    assert.deepEqual(flush(), ["pod-b", "pod-c"]);
    answer([made("ReplicationController", "old")]);
    flush();
    assert.equal(told.get("pod-a")!.rc!.name, "old");
  });

  it("does not take an object of the same name for the owner", () => {
    const { put, flush, answer, told } = begin();
    put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    flush();
    answer([made("ReplicaSet", "web-1", { uid: "another" })]);
    assert.deepEqual(flush(), ["pod-a"]);
    assert.equal(told.get("pod-a")!.rs, undefined);
  });

  it("asks again for what it did not find, soon and then seldom, and for what it found after its time", () => {
    const { put, flush, answer, told } = begin();
    put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    flush();
    answer([]);
    flush();
    assert.deepEqual(answer([], 3999), []);
    const set = made("ReplicaSet", "web-1", { owner: ["Deployment", "web"] });
    assert.deepEqual(answer([set], 1), ["ReplicaSet web-1"]);
    flush();
    answer([made("Deployment", "web")]);
    assert.deepEqual(flush(), ["pod-a"]);
    assert.deepEqual(answer([], 299_999), []);
    assert.deepEqual(answer([made("Deployment", "web", { labels: { new: "1" } })], 1), ["Deployment web"]);
    assert.deepEqual(flush(), ["pod-a"]);
    assert.deepEqual(told.get("pod-a")!.deployment!.labels, [["new", "1"]]);
  });

  it("goes on without the owners where they cannot be asked for, keeps what it knows, and asks again later", () => {
    const { put, flush, answer, fail, told } = begin();
    put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    put("pods", pod("b", { owner: ["ReplicaSet", "web-2"] }));
    flush();
    assert.equal(fail(), "web-1");
    assert.deepEqual(flush(), ["pod-a", "pod-b"]);
    put("pods", pod("c", { owner: ["ReplicaSet", "web-3"] }));
    assert.deepEqual(flush(), ["pod-c"]);
    assert.equal(fail(), undefined);
    const sets = ["web-1", "web-2", "web-3"].map((name) => made("ReplicaSet", name));
    assert.equal(answer(sets, 1000).length, 3);
    assert.deepEqual(flush(), ["pod-a", "pod-b", "pod-c"]);
    assert.equal(fail(2_000_000), "web-1");
    assert.deepEqual(flush(), []);
    assert.equal(told.get("pod-a")!.rs!.name, "web-1");
  });

  it("forgets owners that no pod has", () => {
    const { put, flush, answer, join } = begin();
    put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    put("pods", pod("b", { owner: ["ReplicaSet", "web-2"] }));
    flush();
    answer([made("ReplicaSet", "web-1", { owner: ["Deployment", "web"] })]);
    flush();
    assert.equal(join.sizes.owners, 3);
    join.remove("pods", uidOf("Pod", "b"));
    flush();
    assert.equal(join.sizes.owners, 2);
    join.remove("pods", uidOf("Pod", "a"));
    flush();
    assert.equal(join.sizes.owners, 0);
  });

  it("knows a pod for a minute after it left, since its containers may run on", () => {
    const { put, flush, join } = begin();
    put("pods", pod("a"));
    put("pods", pod("b"));
    flush();
    join.remove("pods", "pod-a");
    assert.deepEqual(flush(), []);
    join.remove("pods", "pod-b");
    assert.deepEqual(flush(30_000), []);
    put("pods", pod("b"));
    assert.deepEqual(flush(29_999), []);
    assert.deepEqual(flush(1), ["pod-a gone"]);
    assert.deepEqual(flush(60_000), []);
  });

  it("tells nothing of a pod that left before it was told", () => {
    const { put, flush, join } = begin();
    put("pods", pod("a", { owner: ["ReplicaSet", "web-1"] }));
    flush();
    join.remove("pods", "pod-a");
    assert.deepEqual([flush(), flush(60_000)], [[], []]);
  });
});

describe("pods that are not what they say", () => {
  const mirror = (name: string, of: string, more: object = {}) =>
    pod(name, { annotations: { "kubernetes.io/config.mirror": of }, ...more });

  it("knows static pods by the uid that the node gave them", () => {
    const { put, flush, told, join } = begin();
    put("pods", mirror("etcd-node-1", "hash", { namespace: "kube-system" }));
    assert.deepEqual(flush(), ["hash"]);
    assert.equal(told.get("hash")!.name, "etcd-node-1");
    join.remove("pods", "pod-etcd-node-1");
    flush();
    assert.deepEqual(flush(60_000), ["hash gone"]);
  });

  it("lets nobody take another pod's place by the annotation of mirror pods", () => {
    const { put, flush, told, join } = begin();
    put("pods", pod("victim"));
    put("pods", mirror("evil", "pod-victim", { creationTimestamp: "2020-01-01T00:00:00Z" }));
    put("pods", mirror("true", "hash", { creationTimestamp: "2024-01-01T00:00:00Z" }));
    put("pods", mirror("false", "hash", { creationTimestamp: "2024-01-02T00:00:00Z" }));
    flush();
    assert.deepEqual([told.get("pod-victim")!.name, told.get("hash")!.name], ["victim", "true"]);
    put("pods", mirror("evil", "pod-victim", { labels: { again: "1" } }));
    assert.deepEqual(flush(), []);
    join.remove("pods", "pod-true");
    assert.deepEqual(flush(), ["hash"]);
    assert.equal(told.get("hash")!.name, "false");
  });

  it("asks for no owner whose name is none", () => {
    const { put, flush, answer } = begin();
    for (const name of ["../../secrets", "a,metadata.namespace=kube-system", "A", "", "x".repeat(300)])
      put("pods", pod(`p${name.length}`, { owner: ["ReplicaSet", name] }));
    put("pods", pod("q", { namespace: "../x", owner: ["ReplicaSet", "web"] }));
    assert.equal(flush().length, 6);
    assert.deepEqual(answer([]), []);
  });

  it("does not take malformed objects, nor trip over odd ones", () => {
    const { join, flush, told } = begin();
    for (const bad of [
      null,
      1,
      "x",
      [],
      {},
      { metadata: null },
      { metadata: { uid: "u" } },
      { metadata: { name: "n" } },
    ])
      for (const kind of ["pods", "namespaces", "services"] as const)
        assert.equal(join.put(kind, "u", bad), false);
    assert.equal(join.leftOut.get("malformed"), 24);
    const odd = {
      metadata: {
        uid: "u",
        name: "n",
        namespace: 7,
        labels: { a: 1, __proto__: "x", constructor: "c" },
        annotations: [],
        ownerReferences: [null, 3, { controller: true }],
      },
      spec: { containers: [null, { name: 1, livenessProbe: { exec: { command: "ls" } } }], nodeName: {} },
      status: "gone",
    };
    assert.equal(join.put("pods", "u", JSON.parse(JSON.stringify(odd))), true);
    flush();
    assert.deepEqual(told.get("u")!.labels, [
      ["a", ""],
      ["constructor", "c"],
    ]);
  });

  it("forgets what an object was when it is no longer one", () => {
    const { join, put, flush, told } = begin();
    put("pods", pod("a"));
    flush();
    assert.equal(join.put("pods", "pod-a", {}), false);
    flush();
    assert.deepEqual(flush(60_000), ["pod-a gone"]);
    assert.equal(told.size, 0);
  });
});

describe("bounds of what is known of pods", () => {
  it("keeps so many objects and counts the rest", () => {
    const { put, flush, join } = begin({ bounds: { pods: 2, namespaces: 1, services: 1 } });
    assert.deepEqual(
      [put("pods", pod("a")), put("pods", pod("b")), put("pods", pod("c"))],
      [true, true, false],
    );
    assert.deepEqual([put("services", service("a", {})), put("services", service("b", {}))], [true, false]);
    const namespaces = ["default", "x"].map((name) => put("namespaces", made("Namespace", name)));
    assert.deepEqual(namespaces, [true, false]);
    assert.equal(put("pods", pod("a", { labels: { new: "1" } })), true);
    assert.deepEqual(flush(), ["pod-a", "pod-b"]);
    assert.deepEqual(Object.fromEntries(join.leftOut), { pods: 1, services: 1, namespaces: 1 });
    join.remove("pods", "pod-a");
    assert.equal(put("pods", pod("c")), true);
  });

  it("keeps so many labels and bytes of them, first by name", () => {
    const { put, flush, told, join } = begin();
    const labels = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`l${String(i).padStart(3, "0")}`, "x"]),
    );
    put("pods", pod("a", { labels }));
    put("pods", pod("b", { labels: { a: "x".repeat(10_000), b: "y".repeat(10_000), c: "z" } }));
    flush();
    assert.deepEqual([told.get("pod-a")!.labels.length, told.get("pod-a")!.labels.at(-1)![0]], [256, "l255"]);
    assert.deepEqual(
      told.get("pod-b")!.labels.map(([name]) => name),
      ["a"],
    );
    assert.equal(join.leftOut.get("labels"), 44 + 2);
  });

  it("keeps probes of so many containers, and no command that it would have to cut", () => {
    const { put, flush, told, join } = begin();
    const probe = (command: readonly string[]) => ({ livenessProbe: { exec: { command } } });
    const containers = Array.from({ length: 300 }, (_, i) => ({ name: `c${i}`, ...probe(["true"]) }));
    put("pods", pod("a", { containers }));
    put("pods", pod("b", { containers: [{ name: "c", ...probe(["sh", "-c", "x".repeat(5000)]) }] }));
    flush();
    assert.deepEqual([told.get("pod-a")!.probes.length, told.get("pod-b")!.probes.length], [256, 0]);
    assert.equal(join.leftOut.get("probes"), 44 + 1);
  });

  it("tells so many services of a pod", () => {
    const { put, flush, told, join } = begin();
    for (let i = 0; i < 80; i++) put("services", service(`s${String(i).padStart(2, "0")}`, { app: "web" }));
    put("pods", pod("a", { labels: { app: "web" } }));
    flush();
    assert.deepEqual([told.get("pod-a")!.svc.length, told.get("pod-a")!.svc.at(-1)!.name], [64, "s63"]);
    assert.equal(join.leftOut.get("pod services"), 1);
  });

  it("lets pods that left go early where there are very many", () => {
    const { put, flush, join } = begin();
    for (let i = 0; i < 4100; i++) {
      put("pods", pod(String(i)));
      flush();
      join.remove("pods", `pod-${i}`);
    }
    assert.deepEqual(flush(), ["pod-3 gone"]);
  });
});
