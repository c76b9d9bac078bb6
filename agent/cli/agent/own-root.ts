/** Whether the agent's own root is the node's, where the root of process 1 may not be looked into. */
import { containerOf } from "../../state/container-id.ts";
import { cgroupPathOf } from "../../state/scan.ts";
import { inPod } from "../web-server.ts";

/**
 * True where nothing says that the agent itself runs in a container: no variable of the kubelet, no cgroup of a
 * container, and process 1 not outside of its cgroup namespace (`/..` in its path, cgroup_namespaces(7)). A file like
 * /.dockerenv says nothing: images made into disks of machines still have it.
 *
 * @param own text of /proc/self/cgroup.
 * @param first text of /proc/1/cgroup.
 * @param controller which of their lines counts (cgroupPathOf).
 */
export function ownRootIsNodes(
  environment: NodeJS.ProcessEnv,
  own: string,
  first: string,
  controller: string,
): boolean {
  if (inPod(environment) || /:\/\.\.(\/|$)/m.test(first)) return false;
  return containerOf(cgroupPathOf(own, controller) ?? "").id === "host";
}
