/**
 * Real containers for system tests: a containerd of the test's own (Debian's containerd and runc) with socket,
 * state and images in a folder of its own, and an image that needs no registry. Identifiers are 64 hexadecimal
 * digits in namespace k8s.io, so that the cgroup path is one that real runtimes make.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { unmet } from "../../support/requirements.ts";
import { type Outcome, end, eventually, mustRun, run } from "./commands.ts";
import { imageName, makeImage } from "./image.ts";

const namespace = "k8s.io";

export interface ContainerOptions {
  /** The first process; default: one that waits for its end. */
  readonly command?: readonly string[];
  /** More arguments of `ctr run`: --privileged, --cap-add, --mount, --net-host. */
  readonly flags?: readonly string[];
  /** Gives the first process a terminal; run() then waits for the end of the container. */
  readonly terminal?: boolean;
}

export interface Container {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Runs a program inside, as `kubectl exec` does; `terminal` gives it one. */
  exec(
    args: readonly string[],
    options?: { terminal?: boolean; user?: string; cwd?: string },
  ): Promise<Outcome>;
  /** Ends and removes the container. */
  remove(): Promise<void>;
}

export interface Containers {
  /** Starts a container and returns once its first process runs. */
  run(options?: ContainerOptions): Promise<Container>;
  /** Runs a container to its end and returns what it printed. */
  runToEnd(command: readonly string[], options?: ContainerOptions): Promise<Outcome & { id: string }>;
  /** Ends every container and containerd, and removes what they left: mounts, files, cgroups. */
  close(): Promise<void>;
}

/** Skips (or fails, see requirements.ts) the running test where there is no containerd, runc or root. */
export function needContainers(context: Context): void {
  if (process.getuid?.() !== 0) unmet(context, "kernel", "containers need root");
  for (const file of ["/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", "/bin/busybox"]) {
    if (!existsSync(file)) unmet(context, "tool", `${file} is missing; make test installs it`);
  }
}

/** Starts containerd and imports the image; `programs` are static binaries for its /bin, the first
 * under each of `names` too. */
export async function startContainers(
  programs: readonly string[] = [],
  names: readonly string[] = [],
): Promise<Containers> {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-ctr-"));
  const socket = join(folder, "containerd.sock");
  const config = join(folder, "config.toml");
  writeFileSync(config, configuration(folder, socket));
  const log: string[] = [];
  const daemon = spawn("/usr/bin/containerd", ["--config", config], { stdio: ["ignore", "ignore", "pipe"] });
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => log.push(text));
  const ctr = (args: readonly string[]) => ["--address", socket, "--namespace", namespace, ...args];
  try {
    await eventually("containerd answers", async () => {
      if (daemon.exitCode !== null) throw new Error(`containerd ended: ${log.join("")}`);
      return (await run("ctr", ctr(["version"]))).code === 0 ? true : undefined;
    });
    const image = await makeImage(folder, programs, names);
    await mustRun("ctr", ctr(["images", "import", image]));
  } catch (error) {
    await end(daemon);
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return new Runtime(folder, socket, daemon, ctr);
}

class Runtime implements Containers {
  readonly #folder: string;
  readonly #socket: string;
  readonly #daemon: ChildProcess;
  readonly #ctr: (args: readonly string[]) => readonly string[];
  readonly #ids = new Set<string>();
  #execs = 0;

  constructor(
    folder: string,
    socket: string,
    daemon: ChildProcess,
    ctr: (args: readonly string[]) => readonly string[],
  ) {
    this.#folder = folder;
    this.#socket = socket;
    this.#daemon = daemon;
    this.#ctr = ctr;
  }

  async run(options: ContainerOptions = {}): Promise<Container> {
    const id = randomBytes(32).toString("hex");
    const command = options.command ?? ["/bin/sleep", "1000000"];
    this.#ids.add(id);
    await mustRun("ctr", this.#ctr(["run", "-d", ...(options.flags ?? []), imageName, id, ...command]));
    return {
      id,
      exec: (args, how = {}) => this.#exec(id, args, how),
      remove: () => this.#remove(id),
    };
  }

  async runToEnd(
    command: readonly string[],
    options: ContainerOptions = {},
  ): Promise<Outcome & { id: string }> {
    const id = randomBytes(32).toString("hex");
    this.#ids.add(id);
    const flags = [...(options.terminal === true ? ["-t"] : []), ...(options.flags ?? [])];
    const args = this.#ctr(["run", "--rm", ...flags, imageName, id, ...command]);
    const outcome = options.terminal === true ? await inTerminal("ctr", args) : await run("ctr", args);
    await this.#remove(id);
    return { ...outcome, id };
  }

  async #exec(
    id: string,
    command: readonly string[],
    how: { terminal?: boolean; user?: string; cwd?: string },
  ): Promise<Outcome> {
    const flags = ["--exec-id", `e${++this.#execs}`];
    if (how.terminal === true) flags.push("-t");
    if (how.user !== undefined) flags.push("--user", how.user);
    if (how.cwd !== undefined) flags.push("--cwd", how.cwd);
    const args = this.#ctr(["tasks", "exec", ...flags, id, ...command]);
    return how.terminal === true ? await inTerminal("ctr", args) : await run("ctr", args);
  }

  async #remove(id: string): Promise<void> {
    await run("ctr", this.#ctr(["tasks", "delete", "--force", id]));
    await run("ctr", this.#ctr(["containers", "delete", id]));
    this.#ids.delete(id);
    removeCgroups(id);
  }

  async close(): Promise<void> {
    for (const id of [...this.#ids]) await this.#remove(id);
    await end(this.#daemon);
    endShims(this.#socket);
    for (const mount of mountsBelow(this.#folder)) await run("umount", ["-l", mount]);
    rmSync(this.#folder, { recursive: true, force: true });
    removeCgroups();
  }
}

/** Runs a program with a terminal of its own (script(1) makes it). */
async function inTerminal(program: string, args: readonly string[]): Promise<Outcome> {
  const quoted = [program, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(" ");
  return await run("script", ["-qec", quoted, "/dev/null"]);
}

function configuration(folder: string, socket: string): string {
  const unused = ["grpc.v1.cri", "snapshotter.v1.btrfs", "snapshotter.v1.zfs", "snapshotter.v1.devmapper"]
    .concat(["snapshotter.v1.aufs", "internal.v1.tracing", "tracing.processor.v1.otlp"])
    .map((name) => `"io.containerd.${name}"`);
  return [
    "version = 2",
    `root = "${folder}/root"`,
    `state = "${folder}/state"`,
    `disabled_plugins = [${unused.join(", ")}]`,
    `[grpc]`,
    `address = "${socket}"`,
    `[plugins."io.containerd.internal.v1.opt"]`,
    `path = "${folder}/opt"`,
    "",
  ].join("\n");
}

/** A shim whose containerd died keeps running: ends those of our socket alone. */
function endShims(socket: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let words: string[];
    try {
      words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
      continue;
    }
    if (words[0]?.endsWith("containerd-shim-runc-v2") === true && words.includes(socket)) {
      process.kill(Number(pid), "SIGKILL");
    }
  }
}

/** Mount points below a folder, deepest first. */
function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((mount) => mount.startsWith(`${folder}/`))
    .reverse();
}

/** Removes the cgroups of one container, or the namespace's own where it is empty. */
function removeCgroups(id?: string): void {
  for (const hierarchy of readdirSync("/sys/fs/cgroup")) {
    const folder = join("/sys/fs/cgroup", hierarchy, namespace, id ?? "");
    try {
      rmdirSync(folder);
    } catch {
      continue; // not there, or another test's containers are in it
    }
  }
}
