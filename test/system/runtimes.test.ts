/** Container runtimes that are real: Debian's containerd through the Container Runtime Interface and its own, Podman. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ContainerFacts } from "../../agent/state/container-facts.ts";
import { containerOf } from "../../agent/state/container-id.ts";
import { ContainerRuntimes } from "../../agent/state/runtimes/runtimes.ts";
import { eventually } from "./support/commands.ts";
import { type Containers, needContainers, startContainers } from "./support/containers.ts";
import { imageName } from "./support/image.ts";
import { type Podman, needPodman, podmanImage, startPodman } from "./support/podman.ts";
import { Pods } from "./support/pods.ts";

/** Runtimes at one socket, and what they told. */
class Asked {
  readonly facts = new Map<string, ContainerFacts>();
  readonly unknown = new Set<string>();
  readonly gone = new Set<string>();
  readonly log: string[] = [];
  readonly runtimes: ContainerRuntimes;

  constructor(socket: string) {
    this.runtimes = new ContainerRuntimes({
      sockets: [socket],
      environment: {},
      root: "",
      onFacts: (facts) => this.facts.set(facts.id, facts),
      onUnknown: (id) => this.unknown.add(id),
      onGone: (id) => this.gone.add(id),
      log: (_level, message) => this.log.push(message),
      clock: {
        now: () => performance.now(),
        after(milliseconds, run) {
          const timer = setTimeout(run, milliseconds);
          return () => clearTimeout(timer);
        },
      },
      random: Math.random,
    });
  }

  /** Asks as capture does and waits for the answer of a container that runs. */
  async about(id: string, cgroupPath = ""): Promise<ContainerFacts> {
    this.facts.delete(id);
    this.runtimes.ask(id, cgroupPath);
    return await eventually(`facts of ${id}`, () => {
      const facts = this.facts.get(id);
      return facts !== undefined && facts.pid !== 0 ? facts : undefined;
    });
  }

  up(): boolean {
    return this.runtimes.status().runtimes.some(({ up }) => up);
  }
}

const cgroupOf = (pid: number) =>
  /^\d+:(?:[a-z,_]*)?memory[a-z,_]*:(.*)$|^0::(.*)$/m
    .exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))
    ?.slice(1)
    .find(Boolean) ?? "";

describe("containerd", function () {
  this.timeout(120_000);
  let containers: Containers;
  let pods: Pods;
  let asked: Asked;

  before(async function () {
    needContainers(this);
    containers = await startContainers([], [], { kubernetes: true });
    pods = new Pods(containers.socket);
    await pods.image(imageName);
    asked = new Asked(containers.socket);
    await asked.runtimes.start();
  });
  after(async () => {
    asked?.runtimes.close();
    containers?.resume();
    await pods?.close();
    await containers?.close();
  });

  it("says who a pod's container is: image, pod, mounts, ports, probes, network", async () => {
    const pod = await pods.pod({
      name: "web-1",
      labels: { app: "web", "caf\u00e9": "yes" },
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration":
          '{"kind":"Pod","spec":{"containers":[{"name":"web","livenessProbe":{"exec":{"command":["cat","/live"]}},"readinessProbe":{"exec":{"command":["true"]}}}]}}',
      },
    });
    const id = await pod.run({
      name: "web",
      image: imageName,
      env: [["GREETING", "gr\u00fc\u00df"]],
      mounts: [{ source: "/etc", destination: "/host/etc", readonly: true }],
      annotations: {
        "io.kubernetes.container.ports": '[{"containerPort":80,"protocol":"TCP"}]',
      },
    });
    const facts = await asked.about(id);
    assert.equal(facts.type, "containerd");
    assert.equal(facts.name, "web");
    assert.deepEqual(
      [facts.image, facts.imageRepository, facts.imageTag],
      [imageName, "docker.io/tiercel/test", "1"],
    );
    assert.match(facts.imageId, /^[0-9a-f]{64}$/);
    assert.equal(facts.privileged, false);
    assert.deepEqual(facts.mounts, [
      { source: "/etc", destination: "/host/etc", mode: "", writable: false, propagation: "private" },
    ]);
    assert.ok(facts.env.includes("GREETING=gr\xc3\xbc\xc3\x9f"), facts.env.join());
    assert.deepEqual(facts.ports, [{ hostAddress: "", hostPort: 0, containerPort: 80, protocol: "tcp" }]);
    assert.deepEqual(facts.livenessProbe, ["cat", "/live"]);
    assert.deepEqual(facts.readinessProbe, ["true"]);
    assert.deepEqual([facts.hostPid, facts.hostNetwork, facts.hostIpc], [false, false, false]);
    assert.ok(facts.startedAt >= facts.createdAt && facts.createdAt > 1_700_000_000_000_000_000n);
    assert.match(cgroupOf(facts.pid), new RegExp(`/pod${pod.uid}/${id}$`));
    assert.equal(facts.leftOut, 0);
    assert.equal(facts.ip, "10.99.0.7");
    assert.deepEqual(facts.pod, {
      sandboxId: pod.id,
      name: "web-1",
      namespace: "shop",
      uid: pod.uid,
      labels: [
        ["app", "web"],
        ["caf\xc3\xa9", "yes"],
      ],
      ip: "10.99.0.7",
      cniJson: '{"eth0":{"IPConfigs":[{"IP":"10.99.0.7","Gateway":"10.99.0.1"}]}}',
    });
  });

  it("says of a pod's pause container that it is one; a privileged container in the node's namespaces is so", async () => {
    const pod = await pods.pod({ name: "node", hostNetwork: true, privileged: true });
    const id = await pod.run({ name: "agent", image: imageName, privileged: true, hostPid: true });
    const pause = await asked.about(pod.id);
    assert.deepEqual(
      [pause.sandbox, pause.imageRepository, pause.hostNetwork],
      [true, "docker.io/tiercel/pause", true],
    );
    const facts = await asked.about(id);
    assert.deepEqual([facts.privileged, facts.hostPid, facts.hostNetwork, facts.ip], [true, true, true, ""]);
    await pod.remove();
    await eventually(
      "both are told to be gone",
      () => (asked.gone.has(id) && asked.gone.has(pod.id)) || undefined,
    );
  });

  it("an image pulled by digest has its name, no tag and its digest (reports R36)", async () => {
    const digest = await containers.imageByDigest("docker.io/tiercel/digest");
    const imageId = await pods.image(`docker.io/tiercel/digest@${digest}`);
    const pod = await pods.pod({ name: "digest", hostNetwork: true });
    // The kubelet gives the id that the image has on the node.
    const facts = await asked.about(await pod.run({ name: "main", image: imageId }));
    assert.deepEqual(
      [facts.imageRepository, facts.imageTag, facts.imageDigest],
      ["docker.io/tiercel/digest", "", digest],
    );
    assert.equal(`sha256:${facts.imageId}`, imageId);
  });

  for (const count of [3000, 10_000])
    it(`${count} environment variables: identity is right and the excess counted (reports R38)`, async () => {
      const env = Array.from({ length: count }, (_, i) => [`VARIABLE_${i}`, "x".repeat(90)] as const);
      const pod = await pods.pod({ name: `many-${count}`, hostNetwork: true });
      const facts = await asked.about(await pod.run({ name: "main", image: imageName, env }));
      assert.deepEqual([facts.name, facts.image, facts.pod?.name], ["main", imageName, `many-${count}`]);
      assert.ok(facts.leftOut >= count - 512, `${facts.leftOut} left out`);
      assert.equal(asked.runtimes.status().runtimes[0]?.size, 0);
    });

  it("a container of `ctr`, which the Container Runtime Interface does not know", async () => {
    const flags = ["--privileged", "--env", "A=b", "--label", "team=shop"].concat([
      "--mount",
      "type=bind,src=/etc,dst=/host,options=rbind:ro",
    ]);
    const container = await containers.run({ flags });
    const facts = await asked.about(container.id, `/k8s.io/${container.id}`);
    assert.deepEqual([facts.type, facts.name, facts.image], ["containerd", container.id, imageName]);
    assert.equal(facts.privileged, true);
    assert.ok(facts.env.includes("A=b"));
    assert.ok(facts.labels.some(([name, value]) => name === "team" && value === "shop"));
    assert.deepEqual(facts.mounts, [
      { source: "/etc", destination: "/host", mode: "", writable: false, propagation: "" },
    ]);
    assert.match(facts.imageDigest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(facts.pod, undefined);
    await container.remove();
    await eventually("it is told to be gone", () => asked.gone.has(container.id) || undefined);
  });

  it("what runs already is told at the start; nobody knows an id that is none", async () => {
    const container = await containers.run();
    const second = new Asked(containers.socket);
    await second.runtimes.start();
    await eventually("it is told", () => second.facts.has(container.id) || undefined);
    second.runtimes.ask("77".repeat(32), "");
    await eventually("it is unknown", () => second.unknown.has("77".repeat(32)) || undefined);
    second.runtimes.close();
    await container.remove();
  });

  it("a container is told as it starts, before anybody asks", async () => {
    const container = await containers.run();
    await eventually("it is told", () => (asked.facts.get(container.id)?.pid ?? 0) > 0 || undefined);
    await container.remove();
  });

  it("stopped in the middle it is left alone; when it goes on, who was unknown is known", async () => {
    const pod = await pods.pod({ name: "hang", hostNetwork: true });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await pod.run({ name: `c${i}`, image: imageName }));
    await eventually("they were told", () => ids.every((id) => asked.facts.has(id)) || undefined);
    // They are told when made and once more when started: what is under way must not answer for the runtime below.
    do {
      asked.facts.clear();
      await new Promise((resolve) => setTimeout(resolve, 500));
    } while (asked.facts.size > 0);
    await containers.suspend();
    for (const id of ids) asked.runtimes.ask(id, "");
    await eventually("it counts as lost", () => !asked.up() || undefined, 30_000);
    await eventually("they are unknown", () => ids.every((id) => asked.unknown.has(id)) || undefined, 30_000);
    assert.match(asked.log.join("\n"), /is lost: no answer in time/);
    containers.resume();
    await eventually("they are known", () => ids.every((id) => asked.facts.has(id)) || undefined, 20_000);
  });

  it("killed and started again it is asked again, and what ended meanwhile is gone", async () => {
    const staying = await containers.run();
    const ending = await containers.run();
    for (const { id } of [staying, ending]) await asked.about(id);
    const before = asked.runtimes.status().runtimes[0]!.connected;
    await containers.restart(async () => {
      asked.runtimes.ask("88".repeat(32), "");
      await eventually("it is lost", () => !asked.up() || undefined);
    });
    await eventually("it is connected again", () => asked.up() || undefined, 20_000);
    assert.ok(asked.runtimes.status().runtimes[0]!.connected > before);
    assert.equal((await asked.about(staying.id)).image, imageName);
    await ending.remove();
    await eventually("it is gone", () => asked.gone.has(ending.id) || undefined);
    await staying.remove();
  });
});

describe("Podman", function () {
  this.timeout(60_000);
  let podman: Podman;
  let asked: Asked;

  before(async function () {
    needPodman(this);
    podman = await startPodman();
    asked = new Asked(podman.socket);
    await asked.runtimes.start();
  });
  after(async () => {
    asked?.runtimes.close();
    await podman?.close();
  });

  const start = async (...args: readonly string[]) =>
    (await podman.podman("run", "--detach", ...args, podmanImage)).stdout.trim();

  it("says who a container is: image, mounts, privileged, health check", async () => {
    const id = await start(
      ...["--name", "web", "--network", "none", "--env", "A=b", "--label", "team=shop", "--privileged"],
      ...["--volume", "/etc:/host/etc:ro", "--health-cmd", "test -e /up", "--health-interval", "disable"],
    );
    const facts = await asked.about(id);
    assert.deepEqual([facts.type, facts.name, facts.image], ["podman", "web", podmanImage]);
    assert.deepEqual([facts.imageRepository, facts.imageTag], ["localhost/tiercel/podman", "1"]);
    assert.match(facts.imageDigest, /^sha256:[0-9a-f]{64}$/);
    assert.match(facts.imageId, /^[0-9a-f]{64}$/);
    assert.equal(facts.privileged, true);
    assert.ok(facts.env.includes("A=b"));
    assert.deepEqual(facts.labels, [["team", "shop"]]);
    assert.deepEqual(facts.mounts, [
      { source: "/etc", destination: "/host/etc", mode: "", writable: false, propagation: "rprivate" },
    ]);
    assert.deepEqual(facts.healthcheck, ["/bin/sh", "-c", "test -e /up"]);
    assert.deepEqual([facts.hostPid, facts.hostNetwork, facts.pod], [false, false, undefined]);
    assert.ok(facts.startedAt >= facts.createdAt && facts.createdAt > 1_700_000_000_000_000_000n);
    assert.deepEqual(containerOf(cgroupOf(facts.pid)).id, id);
    await podman.podman("rm", "--force", "--time", "0", id);
    await eventually("it is told to be gone", () => asked.gone.has(id) || undefined);
  });

  it("names its own pods", async () => {
    const pod = await podman.podman(
      "pod",
      "create",
      "--name",
      "shop",
      "--network",
      "none",
      "--label",
      "app=shop",
      "--infra-image",
      podmanImage,
    );
    const id = await start("--pod", "shop", "--name", "inside");
    const facts = await asked.about(id);
    assert.deepEqual(
      [facts.pod?.name, facts.pod?.uid, facts.pod?.namespace],
      ["shop", pod.stdout.trim(), ""],
    );
    assert.deepEqual(facts.pod?.labels, [["app", "shop"]]);
    // The pod has a cgroup of its own, named by its id, which is no container.
    assert.equal(containerOf(cgroupOf(facts.pid)).id, id);
    const infra = await asked.about(facts.pod.sandboxId);
    assert.equal(infra.sandbox, true);
  });

  it("in the node's namespaces is seen to be there", async () => {
    const facts = await asked.about(await start("--pid", "host", "--network", "host"));
    assert.deepEqual([facts.hostPid, facts.hostNetwork], [true, true]);
  });
});
