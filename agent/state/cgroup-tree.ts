/** The cgroup hierarchy that containers are told by: which one, and what folders it has (design.md 3.12). */
import { opendirSync, statSync } from "node:fs";
import { mountsOf } from "./mounts.ts";

export interface CgroupHierarchy {
  /** The v1 controller whose hierarchy counts, or "" for v2: what scan.ts looks for in /proc/PID/cgroup. */
  readonly controller: string;
  /** Where it can be looked into. */
  readonly folder: string;
  /** Where it is mounted in its own mount namespace: what the kernel calls it (/proc/self/fd). */
  readonly point: string;
}

/** A mountinfo (proc_pid_mountinfo(5)), and where the files of its mount namespace are seen. */
export interface MountNamespace {
  readonly mountinfo: string;
  /** "" for our own. */
  readonly root: string;
}

/** The whole hierarchy; seen out of a cgroup namespace it lies above that one's root (cgroup_namespaces(7)). */
const whole = /^(?:\/|(?:\/\.\.)+)$/;

/** A process 1 that is not below our cgroup namespace's root: what is mounted for us is a part of the hierarchy. */
const outside = /:\/\.\.(?:\/|$)/m;

/**
 * The hierarchy whose folder's inode is a record's cgroup id: v1's of the memory controller where there is one, else
 * v2's; undefined where neither is mounted.
 */
export function cgroupHierarchy({ mountinfo, root }: MountNamespace): CgroupHierarchy | undefined {
  let v2: CgroupHierarchy | undefined;
  for (const mount of mountsOf(mountinfo)) {
    if (!whole.test(mount.root)) continue;
    const place = { folder: root + mount.point, point: mount.point };
    if (mount.type === "cgroup" && mount.superOptions.split(",").includes("memory"))
      return { controller: "memory", ...place };
    if (mount.type === "cgroup2") v2 ??= { controller: "", ...place };
  }
  return v2;
}

/**
 * The mount namespace in which the node's cgroups are seen as a whole. A pod has its own part alone; the node's first
 * process has all, and a pod that shares the node's processes may look through it.
 *
 * @param read text of a file; "" where it cannot be read.
 */
export function cgroupMounts(read: (path: string) => string): MountNamespace {
  const own = { mountinfo: read("/proc/self/mountinfo"), root: "" };
  if (cgroupHierarchy(own) !== undefined && !outside.test(read("/proc/1/cgroup"))) return own;
  const first = { mountinfo: read("/proc/1/mountinfo"), root: "/proc/1/root" };
  return cgroupHierarchy(first) === undefined ? own : first;
}

/**
 * All cgroups below `folder`, as pairs of id and path from the hierarchy's root; the root itself is "/". Folders that
 * vanish meanwhile are left out. Outer ones come first, so what is made within a container cannot hide other containers.
 *
 * @param limit how many at most.
 */
export function scanCgroups(folder: string, limit = 16_384): [id: bigint, path: string][] {
  const found: [bigint, string][] = [];
  const waiting = ["/"];
  for (let path = waiting.shift(); path !== undefined && found.length < limit; path = waiting.shift()) {
    const prefix = path === "/" ? "/" : `${path}/`;
    try {
      found.push([statSync(folder + path, { bigint: true }).ino, path]);
      const directory = opendirSync(folder + path);
      try {
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
          if (entry.isDirectory() && found.length + waiting.length < limit) waiting.push(prefix + entry.name);
      } finally {
        directory.closeSync();
      }
    } catch {
      continue;
    }
  }
  return found;
}
