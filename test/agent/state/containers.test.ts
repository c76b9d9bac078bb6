import assert from "node:assert/strict";
import { CgroupPaths } from "../../../agent/state/cgroup-paths.ts";
import { hostContainer } from "../../../agent/state/container-id.ts";
import { Containers } from "../../../agent/state/containers.ts";
import { containerFacts, podFacts, sandbox } from "./container-samples.ts";

const place = (id: string) => ({ id, type: "containerd", cgroupPath: `/k8s.io/${id}` });

describe("containers", () => {
  it("are one object each, whether the cgroup or the runtime told of them first", () => {
    const containers = new Containers();
    const seen = containers.at(place("a"));
    assert.equal(containers.identify(containerFacts({ id: "a", name: "web" })), seen);
    assert.equal(seen.facts?.name, "web");
    const told = containers.identify(containerFacts({ id: "b", type: "docker" }));
    assert.equal(told.cgroupPath, "");
    assert.equal(containers.at(place("b")), told);
    assert.equal(told.cgroupPath, "/k8s.io/b");
    assert.equal(containers.at(hostContainer), hostContainer);
  });

  it("are unidentified where nobody knew, until somebody does", () => {
    const containers = new Containers();
    const seen = containers.at(place("a"));
    assert.equal(seen.unidentified, false);
    containers.giveUp("a");
    containers.giveUp("never heard of");
    assert.equal(seen.unidentified, true);
    containers.identify(containerFacts({ id: "a" }));
    assert.equal(seen.unidentified, false);
    containers.giveUp("a");
    assert.equal(seen.unidentified, false, "a runtime that is away takes nothing back");
  });

  it("that ended keep what was known of them; the next one with that id is another", () => {
    const containers = new Containers();
    const first = containers.identify(containerFacts({ id: "web", name: "first" }));
    containers.end("web");
    assert.equal(first.facts?.name, "first");
    const second = containers.at(place("web"));
    assert.notEqual(second, first);
    assert.ok(!("name" in (second.facts ?? {})));
    assert.equal(containers.identify(containerFacts({ id: "web", name: "second" })), second);
    assert.equal(first.facts.name, "first");
  });

  it("have their pod, whichever came first", () => {
    const containers = new Containers();
    const pod = { ...sandbox, uid: "u", name: "web" };
    const before = containers.identify(containerFacts({ id: "a", pod }));
    containers.learnPod(podFacts({ uid: "u", name: "web" }));
    const after = containers.identify(containerFacts({ id: "b", pod }));
    assert.equal(before.pod?.name, "web");
    assert.equal(after.pod?.name, "web");
    assert.equal(containers.identify(containerFacts({ id: "c" })).pod, undefined);
    containers.forgetPod("u");
    assert.equal(before.pod.name, "web", "its last events may still come");
    assert.equal(containers.podCount, 0);
  });

  it("have no pod that only claims the uid of theirs", () => {
    const containers = new Containers();
    containers.learnPod(podFacts({ namespace: "evil" }));
    containers.identify(containerFacts({ id: "a", pod: sandbox }));
    const pod = () => containers.get("a")?.pod;
    assert.equal(pod(), undefined);
    containers.learnPod(podFacts({}));
    assert.equal(pod()?.namespace, "shop");
    containers.learnPod(podFacts({ name: "web-1" }));
    assert.equal(pod(), undefined);
  });

  it("are bounded in number: those that ended go first, then the oldest", () => {
    const containers = new Containers({ containers: 3 });
    for (const id of ["a", "b", "c"]) containers.identify(containerFacts({ id }));
    containers.end("b");
    containers.at(place("d"));
    assert.equal(containers.get("b"), undefined);
    assert.equal(containers.evicted, 0, "one that ended is no loss");
    const a = containers.get("a");
    containers.at(place("e"));
    assert.equal(containers.get("a"), undefined);
    assert.equal(a?.unidentified, true, "its processes say that nothing is known of it");
    assert.equal(containers.evicted, 1);
    assert.deepEqual(containers.tally(), { known: 1, unknown: 0, waiting: 2 });
  });

  it("are bounded in bytes: facts go, the container stays and can be asked for again", () => {
    const containers = new Containers({ bytes: 10_000 });
    const env = [`A=${"x".repeat(6_000)}`];
    const a = containers.identify(containerFacts({ id: "a", env }));
    const b = containers.identify(containerFacts({ id: "b", env }));
    assert.equal(a.facts, undefined);
    assert.equal(a.unidentified, true);
    assert.notEqual(b.facts, undefined, "what has just come stays");
    assert.ok(containers.bytes <= 10_000);
    assert.equal(containers.get("a"), a);
  });

  it("have a bound on pods, in number and bytes", () => {
    const containers = new Containers({ pods: 2, podBytes: 5_000 });
    for (const uid of ["u", "v", "w"]) containers.learnPod(podFacts({ uid }));
    assert.equal(containers.podCount, 2);
    assert.equal(containers.podsEvicted, 1);
    containers.learnPod(podFacts({ uid: "x", labels: [["a", "b".repeat(4_800)]] }));
    assert.equal(containers.podCount, 1);
  });
});

describe("cgroup paths", () => {
  it("say what the kernel answered, and take the same as an input", () => {
    const heard: [bigint, string | undefined][] = [];
    const asking = new CgroupPaths({
      resolve: (id) => (id === 5n ? "/k8s.io/web" : undefined),
      onResolved: (id, path) => heard.push([id, path]),
    });
    const live = [5n, 6n, 5n].map((id) => asking.container(id));
    assert.deepEqual(heard, [
      [5n, "/k8s.io/web"],
      [6n, undefined],
    ]);
    const told = new CgroupPaths();
    for (const [id, path] of heard) told.answer(id, path);
    assert.deepEqual(
      [5n, 6n, 5n].map((id) => told.container(id)),
      live,
    );
    assert.equal(told.unresolved, asking.unresolved);
  });
});
