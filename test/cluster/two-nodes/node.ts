/**
 * A node: network, PID, mount and UTS namespaces of its own in which containerd, kubelet, kube-proxy and every pod live. They
 * end with the one process that is remembered.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { eventually, mustRun } from "../../system/support/commands.ts";
import {
  allPods,
  at,
  cgroupMount,
  controlAddress,
  dnsAddress,
  kubeconfig,
  nodeAddress,
  nodeName,
  nodeNamespace,
  nodeNumbers,
  podNetwork,
  services,
  type BinaryPath,
  type NodeNumber,
} from "./layout.ts";
import { inControl, startIn, tryIn } from "./processes.ts";
import { pauseImage } from "./images.ts";

/** Folders that are the node's own, by where it sees them. */
const own: Readonly<Record<string, string>> = {
  containerd: "/var/lib/containerd",
  kubelet: "/var/lib/kubelet",
  cni: "/var/lib/cni",
  tiercel: "/var/lib/tiercel",
  "tiercel-log": "/var/log/tiercel",
  "etc-cni": "/etc/cni/net.d",
  pods: "/var/log/pods",
  containers: "/var/log/containers",
};

async function makeNetwork(node: NodeNumber): Promise<void> {
  const inNode = async (...command: readonly string[]) => {
    const outcome = await tryIn(nodeNamespace(node), ...command);
    if (outcome.code !== 0) throw new Error(`${command.join(" ")}: ${outcome.stderr}`);
  };
  const plug = `to-${nodeName(node)}`;
  await mustRun("ip", ["netns", "add", nodeNamespace(node)]);
  await inControl(
    "ip",
    "link",
    "add",
    plug,
    "type",
    "veth",
    "peer",
    "name",
    "eth0",
    "netns",
    nodeNamespace(node),
  );
  await inControl("ip", "link", "set", plug, "master", "br0", "up");
  await inNode("ip", "link", "set", "lo", "up");
  await inNode("ip", "address", "add", `${nodeAddress(node)}/24`, "dev", "eth0");
  await inNode("ip", "link", "set", "eth0", "up");
  await inNode("ip", "route", "add", "default", "via", controlAddress);
  await inNode("sysctl", "-qw", "net.ipv4.ip_forward=1");
  for (const other of nodeNumbers.filter((each) => each !== node))
    await inNode("ip", "route", "add", podNetwork(other), "via", nodeAddress(other));
  await inControl("ip", "route", "replace", podNetwork(node), "via", nodeAddress(node));
  // The API server reaches Services (webhooks, audit) through the first node's kube-proxy.
  if (node === 1) await inControl("ip", "route", "replace", services, "via", nodeAddress(1));
}

const podNetworkOf = (node: NodeNumber) => ({
  cniVersion: "0.4.0",
  name: "pods",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      hairpinMode: true,
      ipMasq: false,
      ipam: {
        type: "host-local",
        dataDir: "/var/lib/cni",
        ranges: [[{ subnet: podNetwork(node) }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
});

const containerdSettings = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true   # without CAP_SYS_RESOURCE the score cannot be lowered
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
`;

const kubeletSettings = (node: NodeNumber) => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: "AlwaysAllow" },
  containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
  cgroupDriver: "cgroupfs",
  cgroupRoot: `/${nodeNamespace(node)}`,
  oomScoreAdj: 0,
  failSwapOn: false,
  evictionHard: {},
  imageGCHighThresholdPercent: 100,
  resolvConf: "/dev/null",
  clusterDomain: "cluster.local",
  clusterDNS: [dnsAddress],
});

const proxySettings = (node: NodeNumber) => ({
  apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
  kind: "KubeProxyConfiguration",
  mode: "nftables",
  clientConnection: { kubeconfig: kubeconfig("proxy") },
  hostnameOverride: nodeName(node),
  clusterCIDR: allPods,
  conntrack: { maxPerCore: 0, min: 0 },
});

/** What the node's first process does; bash, since it reaps what loses its parent. */
function firstProcess(node: NodeNumber, folder: string, binary: BinaryPath): string {
  const mounts = Object.entries(own).map(
    ([name, path]) => `mkdir -p ${path}; mount --bind ${folder}/${name} ${path}`,
  );
  return `#!/bin/bash
hostname ${nodeName(node)}
mount --make-rprivate /
mount --rbind ${folder}/run /run; mount --make-rshared /run
mkdir -p /run/netns
${mounts.join("\n")}
mount --make-rshared /var/lib/kubelet
# As a service's supervisor would: back a second after it ended.
keep() { while :; do "$@"; sleep 1; done; }
keep containerd --config ${folder}/containerd.toml >>${folder}/log/containerd 2>&1 &
until [ -S /run/containerd/containerd.sock ]; do sleep .05; done
for image in ${folder}/images/*.tar; do ctr -n k8s.io images import --digests --base-name docker.io/tiercel/tiercel "$image"; done
keep ${binary("kube-proxy")} --config ${folder}/proxy.yaml >>${folder}/log/proxy 2>&1 &
keep ${binary("kubelet")} --config=${folder}/kubelet.yaml --kubeconfig=${kubeconfig(nodeName(node))} \\
  --hostname-override=${nodeName(node)} --node-ip=${nodeAddress(node)} --v=2
`;
}

/** Starts a node with images from archives; it joins by itself. */
export async function startNode(
  node: NodeNumber,
  binary: BinaryPath,
  images: readonly string[],
): Promise<void> {
  const folder = at(nodeName(node));
  for (const name of [...Object.keys(own), "run", "log", "images"])
    mkdirSync(join(folder, name), { recursive: true });
  for (const image of images) copyFileSync(image, join(folder, "images", basename(image)));
  await makeNetwork(node);
  makeCgroups(node);
  const files: Readonly<Record<string, string>> = {
    "etc-cni/10-pods.conflist": JSON.stringify(podNetworkOf(node)),
    "containerd.toml": containerdSettings,
    "kubelet.yaml": JSON.stringify(kubeletSettings(node)),
    "proxy.yaml": JSON.stringify(proxySettings(node)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "init.sh"), firstProcess(node, folder, binary), { mode: 0o755 });
  const namespaces = ["--mount", "--pid", "--uts", "--fork", "--mount-proc", "--kill-child"];
  startIn(nodeNamespace(node), nodeName(node), ["unshare", ...namespaces, join(folder, "init.sh")]);
}

/** The node's folder in each hierarchy. */
function cgroups(node: NodeNumber): string[] {
  const unified = existsSync(join(cgroupMount, "cgroup.controllers"));
  const roots = unified
    ? [cgroupMount]
    : readdirSync(cgroupMount, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(cgroupMount, entry.name));
  return roots.map((root) => join(root, nodeNamespace(node)));
}

function makeCgroups(node: NodeNumber): void {
  for (const folder of cgroups(node)) {
    mkdirSync(folder, { recursive: true });
    // A v1 cpuset takes no process before it has processors and memory.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const path = join(folder, file);
      if (!existsSync(path) || existsSync(join(folder, "cgroup.controllers"))) continue;
      writeFileSync(path, readFileSync(join(folder, "..", file)));
    }
  }
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}

/** Removes what the kernel keeps of a node whose processes have ended. */
export async function removeNode(node: NodeNumber): Promise<void> {
  for (const folder of cgroups(node))
    await eventually(`${folder} is removed`, () => {
      try {
        removeTree(folder);
        return true;
      } catch {
        return undefined;
      }
    });
}
