/** The path of a cgroup from its id alone, while it exists: no process of it need be alive. */
import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { openByHandle } from "./native.ts";

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
/** enum fid_type: a kernfs node's 64-bit id (linux/exportfs.h, kernel 5.5). */
const FILEID_KERNFS = 0xfe;

export interface CgroupOpener {
  /**
   * The path from the root of the hierarchy, "/" for the root itself; undefined where no cgroup has this id (any more).
   * Some microseconds, no waiting.
   */
  path(id: bigint): string | undefined;
  close(): void;
}

/**
 * @param hierarchy where it can be looked into, and where it is mounted (agent/state/cgroup-tree.ts): the kernel gives paths
 *   from the root of the mount namespace that the mount belongs to, ours or another's.
 * @throws Error of open(2) where it is not there.
 */
export function openCgroups({ folder, point }: { folder: string; point: string }): CgroupOpener {
  const mount = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | O_CLOEXEC);
  const handle = Buffer.alloc(16);
  handle.writeUInt32LE(8, 0);
  handle.writeInt32LE(FILEID_KERNFS, 4);
  return {
    path(id) {
      handle.writeBigUInt64LE(id, 8);
      const fd = openByHandle(mount, handle, O_PATH | O_CLOEXEC);
      if (fd < 0) return undefined;
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`, "latin1").replace(/ \(deleted\)$/, "");
        if (path !== point && !path.startsWith(`${point}/`)) return undefined;
        return path === point ? "/" : path.slice(point.length);
      } catch {
        return undefined;
      } finally {
        closeSync(fd);
      }
    },
    close: () => closeSync(mount),
  };
}
