/** container.*, k8s.* and k8smeta.* by what is known: fields.md 8. */
import assert from "node:assert/strict";
import type { ContainerFacts } from "../../../agent/state/container-facts.ts";
import type { PodFacts } from "../../../agent/state/pod-facts.ts";
import type { Container, Process } from "../../../agent/state/types.ts";
import { containerFacts, podFacts, sandbox } from "../state/container-samples.ts";
import { context, process, read, syscall } from "./fixture.ts";

const id = "3ad7b26ded6d".padEnd(64, "0");
const mount = (source: string, destination: string, more = {}) => ({
  source,
  destination,
  mode: "",
  writable: true,
  propagation: "rprivate",
  ...more,
});
const facts = containerFacts({
  id,
  type: "docker",
  mounts: [
    mount("/proc", "/host/proc", { writable: false, mode: "ro" }),
    mount("/var/run/docker.sock", "/sock"),
  ],
  labels: [
    ["maintainer", "me"],
    ["io.kubernetes.pod.name", "web-0"],
    ["annotation.x", "y"],
    ["tier", "front"],
  ],
  healthcheck: ["/bin/sh", "-c", "curl -f localhost"],
  privileged: true,
  hostNetwork: true,
  pod: { ...sandbox, cniJson: '{"eth0":1}' },
});
const object = (name: string) => ({ name, uid: `uid-${name}`, labels: [["app", name]] as const });
const pod = podFacts({
  labels: [
    ["app", "web"],
    ["v", "2"],
  ],
  ip: "10.0.0.8",
  ns: object("shop"),
  deployment: object("web"),
  svc: [object("a"), object("b")],
  probes: [{ container: "web", liveness: ["cat", "/alive"], readiness: [] }],
});

function inside(known: ContainerFacts | undefined, above?: PodFacts, more: Partial<Process> = {}) {
  const container: Container = {
    id,
    type: "containerd",
    cgroupPath: `/docker/${id}`,
    facts: known,
    pod: above,
  };
  return context({ event: "openat", process: process({ container, ...more }) });
}

const unknown = inside(undefined);
const plain = inside({ ...containerFacts({ id }), mounts: [] });
const known = inside(facts);
const full = inside(facts, pod);
const host = context({ event: "openat" });

// prettier-ignore
const rows: [field: string, context: ReturnType<typeof context>, value: unknown][] = [
  ["container.id", unknown, "3ad7b26ded6d"],
  ["container.full_id", unknown, id],
  ["container.type", unknown, "containerd"],
  ["container.type", known, "docker"],
  ["container.type", host, "host"],
  ["container.name", known, "web"],
  ["container.name", host, "host"],
  ["container.image", known, "docker.io/library/nginx:1.27"],
  ["container.image", host, ""],
  ["container.image.id", known, "5d0da3dc"],
  ["container.image.repository", known, "docker.io/library/nginx"],
  ["container.image.tag", known, "1.27"],
  ["container.image.digest", known, "sha256:0a1b"],
  ["container.privileged", known, true],
  ["container.privileged", plain, false],
  ["container.privileged", host, false],
  ["container.mounts", known, "/proc:/host/proc:ro:false:rprivate,/var/run/docker.sock:/sock::true:rprivate"],
  ["container.mounts", plain, ""],
  ["container.mounts", host, ""],
  ["container.mount[0]", known, "/proc:/host/proc:ro:false:rprivate"],
  ["container.mount[2]", known, undefined],
  ["container.mount.dest[/proc*]", known, "/host/proc"],
  ["container.mount.dest[docker.sock$]", known, "/sock"],
  ["container.mount.dest[^docker]", known, undefined],
  ["container.mount.dest[(]", known, undefined],
  ["container.mount.dest[/proc*]", host, undefined],
  ["container.mount.source[/host/proc]", known, "/proc"],
  ["container.mount.source[1]", known, "/var/run/docker.sock"],
  ["container.mount.mode[/proc]", known, "ro"],
  ["container.mount.rdwr[/proc]", known, "false"],
  ["container.mount.rdwr[1]", known, "true"],
  ["container.mount.propagation[0]", known, "rprivate"],
  ["container.healthcheck", known, "/bin/sh -c curl -f localhost"],
  ["container.healthcheck", plain, undefined],
  ["container.healthcheck", host, undefined],
  ["container.liveness_probe", known, undefined],
  ["container.liveness_probe", full, "cat /alive"],
  ["container.readiness_probe", full, undefined],
  ["container.ip", known, "10.0.0.7"],
  ["container.cni.json", known, '{"eth0":1}'],
  ["container.cni.json", plain, ""],
  ["container.host_pid", known, false],
  ["container.host_network", known, true],
  ["container.host_ipc", host, false],
  ["container.label[tier]", known, "front"],
  ["container.label[io.kubernetes.pod.name]", known, "web-0"],
  ["container.label[none]", known, undefined],
  ["container.label[tier]", host, undefined],
  ["container.labels", known, "maintainer:me, tier:front"],
  ["container.labels", host, ""],
  ["proc.is_container_healthcheck", known, false],
  ["proc.is_container_healthcheck", inside(facts, pod, { probe: "healthcheck" }), true],
  ["proc.is_container_liveness_probe", inside(facts, pod, { probe: "healthcheck" }), false],
  ["proc.is_container_readiness_probe", inside(facts, pod, { probe: "readiness" }), true],
  ["k8s.pod.name", known, "web-0"],
  ["k8s.pod.name", plain, undefined],
  ["k8s.pod.name", host, undefined],
  ["k8s.ns.name", known, "shop"],
  ["k8s.pod.uid", known, "0c1d"],
  ["k8s.pod.id", known, "0c1d"],
  ["k8s.pod.sandbox_id", known, "5a5a5a5a5a5a"],
  ["k8s.pod.full_sandbox_id", known, "5a".repeat(32)],
  ["k8s.pod.label[app]", known, "web"],
  ["k8s.pod.label[v]", known, undefined],
  ["k8s.pod.label[v]", full, "2"],
  ["k8s.pod.labels", full, "app:web, v:2"],
  ["k8s.pod.ip", known, "10.0.0.7"],
  ["k8s.pod.ip", full, "10.0.0.8"],
  ["k8s.pod.ip", inside(facts, { ...pod, ip: "" }), "10.0.0.7"],
  ["k8s.pod.cni.json", full, '{"eth0":1}'],
  ["k8s.ns.id", known, undefined],
  ["k8s.ns.id", full, "uid-shop"],
  ["k8s.ns.label[app]", full, "shop"],
  ["k8s.deployment.name", full, "web"],
  ["k8s.deployment.labels", full, "app:web"],
  ["k8s.rs.name", full, undefined],
  ["k8s.svc.name", full, "a"],
  ["k8smeta.pod.name", full, "web-0"],
  ["k8smeta.pod.labels", full, ["app:web", "v:2"]],
  ["k8smeta.pod.ip", full, "10.0.0.8"],
  ["k8smeta.ns.name", known, "shop"],
  ["k8smeta.ns.uid", full, "uid-shop"],
  ["k8smeta.deployment.label[app]", full, "web"],
  ["k8smeta.deployment.labels", full, ["app:web"]],
  ["k8smeta.rc.name", full, undefined],
  ["k8smeta.svc.name", full, ["a", "b"]],
  ["k8smeta.svc.uid", full, ["uid-a", "uid-b"]],
  ["k8smeta.svc.label[app]", full, ["a", "b"]],
  ["k8smeta.svc.labels", full, ["app:a", "app:b"]],
  ["k8smeta.svc.name", inside(facts, { ...pod, svc: [] }), undefined],
];

describe("fields of containers and pods", () => {
  for (const [field, c, value] of rows)
    it(`${field} is ${JSON.stringify(value)} ${c.process === host.process ? "on the host" : ""}`, () =>
      assert.deepEqual(read(field, c), value));

  it("are missing while the runtime has not said who it is, but for id, type and start", () => {
    const there = syscall.fields
      .filter(({ name }) => /^(container|k8s|k8smeta)\./.test(name))
      .flatMap(({ name, argument }) => {
        const token = argument === "required" ? `${name}[0]` : name;
        return read(token, unknown) === undefined ? [] : [name];
      });
    assert.deepEqual(there, [
      "container.id",
      "container.full_id",
      "container.type",
      "container.start_ts",
      "container.duration",
    ]);
  });

  it("take a regular expression as the runtime of a hostile image may make it: in linear time", () => {
    const hostile = inside({ ...facts, mounts: [mount(`/${"a".repeat(50_000)}b`, "/x")] });
    const began = performance.now();
    assert.equal(read("container.mount.dest[(a*)*$]", hostile), "/x");
    assert.equal(read("container.mount.dest[^/(a|aa)+$]", hostile), undefined);
    assert.ok(performance.now() - began < 2000);
  });
});
