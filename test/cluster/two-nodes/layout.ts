/**
 * Names, addresses and files of the test cluster of two nodes. All follow from the cluster's name, so that a machine has one
 * cluster of each name; its addresses exist only in network namespaces of its own.
 */
import { join } from "node:path";

/** Gives the path of a program that scripts/cluster-binaries.sh builds. */
export type BinaryPath = (name: string) => string;

/** TIERCEL_CLUSTER_NAME, so that several can be up at once: a few letters, since names of devices and folders begin with it. */
const clusterName = process.env["TIERCEL_CLUSTER_NAME"] ?? "tiercel";

/** Where the cluster keeps its files; removed with it. */
export const stateFolder = process.env["TIERCEL_CLUSTER_FOLDER"] ?? `/var/tmp/${clusterName}-cluster`;

/** A file or folder of the cluster. */
export const at = (...parts: readonly string[]) => join(stateFolder, ...parts);

/** Network namespace of the control plane. */
export const controlNamespace = `${clusterName}-control`;

export const nodeNumbers = [1, 2] as const;
export type NodeNumber = (typeof nodeNumbers)[number];

/** Its name in Kubernetes; the network namespace has the cluster's name before it. */
export const nodeName = (node: NodeNumber) => `node${node}`;
export const nodeNamespace = (node: NodeNumber) => `${clusterName}-${nodeName(node)}`;

/** IPv4. The control plane's address is also the bridge that nodes are plugged into. */
export const controlAddress = "10.77.0.1";
export const nodeAddress = (node: NodeNumber) => `10.77.0.1${node}`;
export const podNetwork = (node: NodeNumber) => `10.78.${node}.0/24`;
export const allPods = "10.78.0.0/16";
export const services = "10.79.0.0/16";
/** Service address of the cluster's DNS. */
export const dnsAddress = "10.79.0.10";

export const kubeconfig = (who: string) => at(`${who}.kubeconfig`);

/** Roots of this machine's cgroup hierarchies: one for v2, one for each controller of v1. */
export const cgroupMount = "/sys/fs/cgroup";
