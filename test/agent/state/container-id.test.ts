import assert from "node:assert/strict";
import { containerOf, nodeRootOf } from "../../../agent/state/container-id.ts";

const id = "3f2c1d0e9b8a79685746352413021f0e".repeat(2);
const other = "a1b2c3d4e5f60718293a4b5c6d7e8f90".repeat(2);
const pod = "0f3b2c4d-8a1e-4c55-9d6e-2b7f1a9c3e10";
const podSlice = pod.replaceAll("-", "_");
const hash = "7792f7336fbafa2bae446fbbafd59e3e";

/** Paths as the runtimes make them, in the hierarchy's own terms. */
const samples: readonly { name: string; path: string; id: string; type: string }[] = [
  { name: "the root", path: "/", id: "host", type: "host" },
  { name: "a service of systemd", path: "/system.slice/sshd.service", id: "host", type: "host" },
  { name: "a login session", path: "/user.slice/user-1000.slice/session-3.scope", id: "host", type: "host" },
  { name: "a hash of 32 digits below a word", path: `/process_api/${hash}`, id: "host", type: "host" },
  { name: "the kubelet", path: "/system.slice/kubelet.service", id: "host", type: "host" },
  { name: "a pod's own folder", path: `/kubepods/besteffort/pod${pod}`, id: "host", type: "host" },
  {
    name: "a pod's own slice",
    path: `/kubepods.slice/kubepods-pod${podSlice}.slice`,
    id: "host",
    type: "host",
  },
  {
    name: "containerd, systemd, best effort",
    path: `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${podSlice}.slice/cri-containerd-${id}.scope`,
    id,
    type: "containerd",
  },
  {
    name: "containerd, systemd, burstable",
    path: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${podSlice}.slice/cri-containerd-${id}.scope`,
    id,
    type: "containerd",
  },
  {
    name: "containerd, systemd, guaranteed",
    path: `/kubepods.slice/kubepods-pod${podSlice}.slice/cri-containerd-${id}.scope`,
    id,
    type: "containerd",
  },
  {
    name: "a container of a pod of Podman, cgroupfs",
    path: `/libpod_parent/${other}/libpod-${id}`,
    id,
    type: "podman",
  },
  { name: "a pod of Podman itself", path: `/libpod_parent/${other}`, id: "host", type: "host" },
  { name: "containerd, cgroupfs", path: `/kubepods/burstable/pod${pod}/${id}`, id, type: "containerd" },
  { name: "containerd, cgroupfs, guaranteed", path: `/kubepods/pod${pod}/${id}`, id, type: "containerd" },
  {
    name: "containerd, cgroupfs, static pod (its uid is a hash)",
    path: `/kubepods/burstable/pod${hash}/${id}`,
    id,
    type: "containerd",
  },
  {
    name: "containerd below a cgroup root of its own",
    path: `/tiercel-node1/kubepods/besteffort/pod${pod}/${id}`,
    id,
    type: "containerd",
  },
  {
    name: "containerd given a systemd path under the cgroupfs driver",
    path: `/system.slice/containerd.service/kubepods-burstable-pod${podSlice}.slice:cri-containerd:${id}`,
    id,
    type: "containerd",
  },
  {
    name: "CRI-O, systemd",
    path: `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${podSlice}.slice/crio-${id}.scope`,
    id,
    type: "cri-o",
  },
  {
    name: "CRI-O, systemd, crun's child",
    path: `/kubepods.slice/kubepods-pod${podSlice}.slice/crio-${id}.scope/container`,
    id,
    type: "cri-o",
  },
  { name: "CRI-O, cgroupfs", path: `/kubepods/besteffort/pod${pod}/crio-${id}`, id, type: "cri-o" },
  {
    name: "CRI-O's conmon is the host's",
    path: `/kubepods.slice/kubepods-pod${podSlice}.slice/crio-conmon-${id}.scope`,
    id: "host",
    type: "host",
  },
  { name: "docker, systemd", path: `/system.slice/docker-${id}.scope`, id, type: "docker" },
  { name: "docker, cgroupfs", path: `/docker/${id}`, id, type: "docker" },
  { name: "docker, cgroupfs, below a parent", path: `/batch/jobs/${id}`, id, type: "" },
  {
    name: "docker below the kubelet, systemd",
    path: `/kubepods.slice/kubepods-pod${podSlice}.slice/docker-${id}.scope`,
    id,
    type: "docker",
  },
  { name: "docker on ECS", path: `/ecs/9fbd1a32c4e84b7b/${id}`, id, type: "docker" },
  { name: "podman, root, systemd", path: `/machine.slice/libpod-${id}.scope`, id, type: "podman" },
  { name: "podman, its child", path: `/machine.slice/libpod-${id}.scope/container`, id, type: "podman" },
  {
    name: "podman, rootless",
    path: `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`,
    id,
    type: "podman",
  },
  {
    name: "podman as a unit of systemd",
    path: `/system.slice/web.service/libpod-payload-${id}`,
    id,
    type: "podman",
  },
  { name: "podman, cgroupfs", path: `/libpod_parent/libpod-${id}`, id, type: "podman" },
  {
    name: "podman's conmon is the host's",
    path: `/machine.slice/libpod-conmon-${id}.scope`,
    id: "host",
    type: "host",
  },
  { name: "nerdctl, systemd", path: `/system.slice/nerdctl-${id}.scope`, id, type: "containerd" },
  { name: "ctr -n k8s.io", path: `/k8s.io/${id}`, id, type: "containerd" },
  { name: "ctr with a name", path: "/default/redis-1", id: "redis-1", type: "containerd" },
  { name: "ctr in a namespace of its own", path: `/build/${id}`, id, type: "containerd" },
  { name: "ctr, called as the node is", path: "/default/host", id: "default/host", type: "containerd" },
  { name: "lxc, called as the node is", path: "/lxc/host", id: "lxc/host", type: "lxc" },
  { name: "lxc 4, called as the node is", path: "/lxc.payload.host", id: "/host", type: "lxc" },
  { name: "a name below a word that is no namespace", path: "/build/redis-1", id: "host", type: "host" },
  { name: "lxc", path: "/lxc/web", id: "web", type: "lxc" },
  { name: "lxc 4", path: "/lxc.payload.web", id: "web", type: "lxc" },
  { name: "lxc 4, below", path: "/lxc.payload/web/system.slice/cron.service", id: "web", type: "lxc" },
  { name: "lxc's monitor is the host's", path: "/lxc.monitor.web", id: "host", type: "host" },
  { name: "libvirt-lxc", path: "/machine/web.libvirt-lxc", id: "web", type: "libvirt-lxc" },
  {
    name: "libvirt-lxc, systemd",
    path: "/machine.slice/machine-lxc\\x2d813\\x2dweb.scope",
    id: "web",
    type: "libvirt-lxc",
  },
  {
    name: "systemd inside a container",
    path: `/system.slice/docker-${id}.scope/system.slice/cron.service`,
    id,
    type: "docker",
  },
  { name: "docker inside a container", path: `/docker/${id}/docker/${other}`, id, type: "docker" },
  {
    name: "a pod of a cluster inside a container",
    path: `/docker/${id}/kubelet/kubepods/burstable/pod${pod}/${other}`,
    id,
    type: "docker",
  },
  {
    name: "a path seen from inside a cgroup namespace",
    path: `/../cri-containerd-${id}.scope`,
    id,
    type: "containerd",
  },
  { name: "63 digits", path: `/docker/${id.slice(1)}`, id: "host", type: "host" },
  { name: "65 digits", path: `/docker/0${id}`, id: "host", type: "host" },
  { name: "capital digits", path: `/docker/${id.toUpperCase()}`, id: "host", type: "host" },
  { name: "a scope that only contains the form", path: `/x-docker-${id}.scope`, id: "host", type: "host" },
];

describe("container of a cgroup path", () => {
  for (const { name, path, id, type } of samples)
    it(name, () => {
      const container = containerOf(path);
      assert.deepEqual({ id: container.id, type: container.type }, { id, type });
      if (id !== "host") assert.equal(container.cgroupPath, path);
    });

  it("cannot be shaken off by a depth of folders", () => {
    assert.equal(containerOf(`/docker/${id}${"/x".repeat(10_000)}`).id, id);
  });

  it("knows from process 1 whether the node is a container", () => {
    assert.equal(nodeRootOf("/init.scope"), "");
    assert.equal(nodeRootOf("/"), "");
    assert.equal(nodeRootOf(`/docker/${id}/init.scope`), `/docker/${id}`);
    assert.equal(nodeRootOf(`/system.slice/docker-${id}.scope`), `/system.slice/docker-${id}.scope`);
  });

  it("starts at the node's own place where the node is a container", () => {
    const node = `/docker/${id}`;
    assert.equal(containerOf(`${node}/kubelet/kubepods/pod${pod}/${other}`, node).id, other);
    assert.equal(containerOf(`${node}/init.scope`, node).id, "host");
    assert.equal(containerOf(node, node).id, "host");
    assert.equal(containerOf(`/docker/${other}`, node).id, other);
  });
});
