/** Images of the test cluster, made on the spot: there is no registry. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../../system/support/commands.ts";
import { archive, makeImage } from "../../system/support/image.ts";
import { root } from "../../support/reference.ts";

export const pauseImage = "docker.io/tiercel/pause:1";
export const dnsImage = "docker.io/tiercel/coredns:1";
/** The name of busybox in docs/tutorial.md: nodes have it, as ordinary ones fetch it. */
const libraryBusybox = "docker.io/library/busybox:1.37";

/** An image with one static program, which is all it has. */
async function programImage(folder: string, name: string, program: string): Promise<string> {
  mkdirSync(join(folder, "rootfs"), { recursive: true });
  copyFileSync(program, join(folder, "rootfs/program"));
  return archive(folder, join(folder, "rootfs"), name, { Entrypoint: ["/program"] });
}

/**
 * Archives of all images of the cluster below `folder`: pause, busybox (`imageName` of system/support/image.ts, and
 * under the name that everybody uses), CoreDNS where it is built.
 */
export async function makeImages(folder: string, coredns: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const pause = join(folder, "pause");
  await mustRun("gcc", [
    "-static",
    "-O2",
    "-Wall",
    "-o",
    pause,
    join(root, "test/cluster/two-nodes/pause.c"),
  ]);
  const made = [
    ["pause.tar", await programImage(join(folder, "pause-image"), pauseImage, pause)],
    ["busybox.tar", await makeImage(join(folder, "busybox-image"), [], [])],
    [
      "library-busybox.tar",
      await archive(join(folder, "library-image"), join(folder, "busybox-image/rootfs"), libraryBusybox, {}),
    ],
    ["coredns.tar", await programImage(join(folder, "coredns-image"), dnsImage, coredns)],
  ] as const;
  return made.map(([name, file]) => {
    copyFileSync(file, join(folder, name));
    return join(folder, name);
  });
}
