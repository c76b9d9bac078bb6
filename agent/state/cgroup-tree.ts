/** The cgroup hierarchy that containers are told by: which one, and what folders it has (design.md 3.12). */
import { opendirSync, statSync } from "node:fs";
import { mountsOf } from "./mounts.ts";

export interface CgroupHierarchy {
  /** The v1 controller whose hierarchy counts, or "" for v2: what scan.ts looks for in /proc/PID/cgroup. */
  readonly controller: string;
  /** Where it is mounted. */
  readonly folder: string;
}

/**
 * The hierarchy whose folder's inode is a record's cgroup id: v1's of the memory controller where there is one, else
 * v2's; undefined where neither is mounted.
 *
 * @param mountinfo text of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
 */
export function cgroupHierarchy(mountinfo: string): CgroupHierarchy | undefined {
  let v2: CgroupHierarchy | undefined;
  for (const mount of mountsOf(mountinfo)) {
    if (mount.root !== "/") continue;
    if (mount.type === "cgroup" && mount.superOptions.split(",").includes("memory"))
      return { controller: "memory", folder: mount.point };
    if (mount.type === "cgroup2") v2 ??= { controller: "", folder: mount.point };
  }
  return v2;
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
