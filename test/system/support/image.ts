/**
 * A container image made on the spot, without a registry: busybox (Debian's busybox-static), our static test
 * program, a few files below /etc. One layer, written as an OCI archive that `ctr images import` takes.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mustRun } from "./commands.ts";

/** Reference under which the image is imported. */
export const imageName = "docker.io/tiercel/test:1";

const busybox = "/bin/busybox";

/** Files of the image besides programs: path, content, mode. */
const files: readonly (readonly [string, string, number])[] = [
  [
    "etc/passwd",
    "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n",
    0o644,
  ],
  ["etc/group", "root:x:0:\nalice:x:1000:\nwww-data:x:33:\n", 0o644],
  ["etc/gshadow", "root:*::\n", 0o600],
  ["etc/shadow", "root:*:19000:0:99999:7:::\n", 0o600],
  ["etc/hosts", "127.0.0.1 localhost\n", 0o644],
  ["root/.ssh/id_rsa", "not a key\n", 0o600],
  ["root/.ssh/id_rsa.pub", "not a key\n", 0o644],
  ["root/.bash_history", "id\n", 0o600],
  ["var/log/syslog", "one line\n", 0o644],
  ["var/log/auth.log", "one line\n", 0o644],
  ["var/log/own.log", "one line\n", 0o644],
  ["etc/crontab", "# nothing\n", 0o644],
];
const folders = [
  "proc",
  "sys",
  "dev",
  "tmp",
  "usr/bin",
  "usr/sbin",
  "sbin",
  "home/alice",
  "var/spool/cron",
  "run",
];

/**
 * Makes the archive below `folder` from `programs` (static binaries, put into /bin under their own names) and
 * returns its path. The first program is also called by each of `names`, unless an applet of busybox is.
 */
export async function makeImage(
  folder: string,
  programs: readonly string[],
  names: readonly string[],
): Promise<string> {
  const root = join(folder, "rootfs");
  for (const name of folders) mkdirSync(join(root, name), { recursive: true });
  mkdirSync(join(root, "bin"), { recursive: true });
  copyFileSync(busybox, join(root, "bin/busybox"));
  const { stdout } = await mustRun(busybox, ["--list"]);
  for (const name of stdout.trim().split("\n")) {
    if (name !== "busybox") symlinkSync("/bin/busybox", join(root, "bin", name));
  }
  for (const program of programs) copyFileSync(program, join(root, "bin", program.split("/").at(-1)!));
  const first = programs[0]?.split("/").at(-1);
  for (const name of first === undefined ? [] : names) {
    if (!existsSync(join(root, "bin", name))) symlinkSync(first!, join(root, "bin", name));
  }
  for (const [path, content, mode] of files) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  }
  return await archive(folder, root, imageName, { Cmd: ["/bin/sh"] });
}

/** Makes an archive of an image of that name whose one program sleeps; no other name has the same image. */
export async function makeSmallImage(folder: string, name: string): Promise<string> {
  const own = join(folder, createHash("sha256").update(name).digest("hex"));
  mkdirSync(join(own, "rootfs/bin"), { recursive: true });
  copyFileSync(busybox, join(own, "rootfs/bin/sleep"));
  const config = { Entrypoint: ["/bin/sleep", "1000000"], Labels: { name } };
  return await archive(own, join(own, "rootfs"), name, config);
}

/** Makes an archive named image.tar in `folder` of an image with one layer, the files below `root`. */
export async function archive(
  folder: string,
  root: string,
  name: string,
  imageConfig: Readonly<Record<string, unknown>>,
): Promise<string> {
  const layout = join(folder, "oci");
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  const layerFile = join(folder, "layer.tar");
  await mustRun("tar", ["-C", root, "--owner=0", "--group=0", "--numeric-owner", "-cf", layerFile, "."]);
  const layer = blob(layout, "application/vnd.oci.image.layer.v1.tar", readFileSync(layerFile));
  const config = blob(
    layout,
    "application/vnd.oci.image.config.v1+json",
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], ...imageConfig },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const manifest = blob(
    layout,
    "application/vnd.oci.image.manifest.v1+json",
    JSON.stringify({ schemaVersion: 2, config, layers: [layer] }),
  );
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const named = { ...manifest, annotations: { "io.containerd.image.name": name } };
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  const file = join(folder, "image.tar");
  await mustRun("tar", ["-C", layout, "-cf", file, "."]);
  return file;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function blob(layout: string, mediaType: string, content: string | Buffer): Descriptor {
  const hash = createHash("sha256").update(content).digest("hex");
  const file = join(layout, "blobs/sha256", hash);
  writeFileSync(file, content);
  return { mediaType, digest: `sha256:${hash}`, size: statSync(file).size };
}
