/** Podman of a test's own: Debian's, with storage, state and socket in a folder of its own, no registry, no network. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { unmet } from "../../support/requirements.ts";
import { type Outcome, end, eventually, mustRun, run } from "./commands.ts";

export const podmanImage = "localhost/tiercel/podman:1";

export interface Podman {
  readonly socket: string;
  /** Runs `podman ARGS`. */
  podman(...args: readonly string[]): Promise<Outcome>;
  close(): Promise<void>;
}

/** Skips (or fails, see requirements.ts) the running test where there is no Podman, runc or root. */
export function needPodman(context: Context): void {
  if (process.getuid?.() !== 0) unmet(context, "kernel", "containers need root");
  for (const file of ["/usr/bin/podman", "/usr/bin/conmon", "/usr/sbin/runc", "/bin/busybox"])
    if (!existsSync(file)) unmet(context, "tool", `${file} is missing; make test installs it`);
}

/** Starts Podman's service and makes the image. */
export async function startPodman(): Promise<Podman> {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-podman-"));
  const socket = join(folder, "podman.sock");
  const configuration = join(folder, "containers.conf");
  // Without CAP_SYS_RESOURCE no limit can be raised; there is no journal.
  const limits = `default_ulimits = ["nofile=1024:20000", "nproc=1024:1024"]`;
  writeFileSync(configuration, `[containers]\n${limits}\n[engine]\nevents_logger = "file"\n`);
  const env = { ...process.env, CONTAINERS_CONF: configuration };
  const options = [
    "--root",
    join(folder, "root"),
    "--runroot",
    join(folder, "run"),
    "--tmpdir",
    join(folder, "tmp"),
  ].concat(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "/usr/sbin/runc"]);
  const podman = (...args: readonly string[]) => mustRun("/usr/bin/podman", [...options, ...args], { env });
  await makeImage(folder, podman);
  const service = [...options, "system", "service", "--time", "0", `unix://${socket}`];
  const daemon: ChildProcess = spawn("/usr/bin/podman", service, { stdio: "ignore", env });
  await eventually("Podman listens", () => (existsSync(socket) ? true : undefined));
  return {
    socket,
    podman,
    close: async () => {
      await run("/usr/bin/podman", [...options, "pod", "rm", "--all", "--force", "--time", "0"], { env });
      await run("/usr/bin/podman", [...options, "rm", "--all", "--force", "--time", "0"], { env });
      await end(daemon);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeImage(folder: string, podman: Podman["podman"]): Promise<void> {
  const root = join(folder, "image");
  mkdirSync(join(root, "bin"), { recursive: true });
  copyFileSync("/bin/busybox", join(root, "bin/sleep"));
  await mustRun("tar", ["-C", root, "-cf", join(folder, "image.tar"), "."]);
  await podman(
    "import",
    "--change",
    `ENTRYPOINT ["/bin/sleep","1000000"]`,
    join(folder, "image.tar"),
    podmanImage,
  );
}
