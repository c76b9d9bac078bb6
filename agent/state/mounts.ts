/** Mounts of the node's mount namespace, from the text of /proc/1/mountinfo. Pure. */

export interface Mount {
  /** Kernel's device number: major << 20 | minor. */
  readonly dev: number;
  /** What part of the file system it shows. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly superOptions: string;
}

/** mountinfo writes blank, tab, newline and backslash as \ and three octal digits. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** The mounts in the order of the file; lines that are none are left out (proc_pid_mountinfo(5)). */
export function mountsOf(mountinfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split("\n")) {
    const [left, right] = line.split(" - ");
    if (left === undefined || right === undefined) continue;
    const [, , device, root, point] = left.split(" ");
    const [type, , superOptions] = right.split(" ");
    if (device === undefined || root === undefined || point === undefined || type === undefined) continue;
    const [major, minor] = device.split(":").map(Number);
    mounts.push({
      dev: (major ?? 0) * 1_048_576 + (minor ?? 0),
      root: unescape(root),
      point: unescape(point),
      type,
      superOptions: superOptions ?? "",
    });
  }
  return mounts;
}

/**
 * Where the root of each file system is mounted, by device number. Of several places the shortest, "/" before all; file
 * systems of which only a part is mounted are left out.
 */
export function mountPoints(mounts: readonly Mount[]): Map<number, string> {
  const points = new Map<number, string>();
  for (const { dev, root, point } of mounts) {
    if (root !== "/") continue;
    const known = points.get(dev);
    if (known === undefined || point.length < known.length) points.set(dev, point);
  }
  return points;
}
