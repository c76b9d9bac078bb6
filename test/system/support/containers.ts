/**
 * Real containers for system tests: a containerd of the test's own (Debian's containerd and runc) with socket,
 * state and images in a folder of its own, and an image that needs no registry. Identifiers are 64 hexadecimal
 * digits in namespace k8s.io, so that the cgroup path is one that real runtimes make.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  openSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Context } from "mocha";
import { unmet } from "../../support/requirements.ts";
import { type Outcome, end, eventually, mustRun, run } from "./commands.ts";
import { imageName, makeImage, makeSmallImage } from "./image.ts";

const namespace = "k8s.io";
const pauseImage = "docker.io/tiercel/pause:1";

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

export interface ContainersOptions {
  /** Serves pods too (pods.ts): the Container Runtime Interface, a pause image, a network plugin. */
  readonly kubernetes?: boolean;
}

export interface Containers {
  readonly socket: string;
  /** Starts a container and returns once its first process runs. */
  run(options?: ContainerOptions): Promise<Container>;
  /** Runs a container to its end and returns what it printed. */
  runToEnd(command: readonly string[], options?: ContainerOptions): Promise<Outcome & { id: string }>;
  /** Runs a program inside a container of this containerd, whoever made it. */
  exec(id: string, command: readonly string[]): Promise<Outcome>;
  /** Imports an image that has a name with its digest and no tag; gives the digest. */
  imageByDigest(name: string): Promise<string>;
  /** Stops containerd where it is, until `resume`; its containers run on. */
  suspend(): Promise<void>;
  resume(): void;
  /** Kills containerd, waits for `meanwhile`, starts it again; its containers run on. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
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
  { kubernetes = false }: ContainersOptions = {},
): Promise<Containers> {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-ctr-"));
  const socket = join(folder, "containerd.sock");
  const config = join(folder, "config.toml");
  writeFileSync(config, configuration(folder, socket, kubernetes));
  const ctr = (args: readonly string[]) => ["--address", socket, "--namespace", namespace, ...args];
  const start = () => startDaemon(config, logOf(socket), ctr);
  const daemon = await start().catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  try {
    const image = await makeImage(folder, programs, names);
    await mustRun("ctr", ctr(["images", "import", image]));
    if (kubernetes) {
      makeNetworkPlugin(folder);
      await mustRun("ctr", ctr(["images", "import", await makeSmallImage(folder, pauseImage)]));
    }
  } catch (error) {
    await end(daemon);
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return new Runtime({ folder, socket, daemon, ctr, start });
}

/** Where the containerd that listens there says what it does. */
export const logOf = (socket: string): string => join(dirname(socket), "containerd.log");

async function startDaemon(
  config: string,
  logFile: string,
  ctr: (args: readonly string[]) => readonly string[],
): Promise<ChildProcess> {
  const log = openSync(logFile, "a");
  const daemon = spawn("/usr/bin/containerd", ["--config", config], { stdio: ["ignore", "ignore", log] });
  closeSync(log);
  try {
    await eventually("containerd answers", async () => {
      if (daemon.exitCode !== null) throw new Error(`containerd ended: ${readFileSync(logFile, "utf8")}`);
      return (await run("ctr", ctr(["version"]))).code === 0 ? true : undefined;
    });
  } catch (error) {
    await end(daemon);
    throw error;
  }
  return daemon;
}

interface RuntimeParts {
  readonly folder: string;
  readonly socket: string;
  readonly daemon: ChildProcess;
  readonly ctr: (args: readonly string[]) => readonly string[];
  readonly start: () => Promise<ChildProcess>;
}

class Runtime implements Containers {
  readonly socket: string;
  readonly #folder: string;
  #daemon: ChildProcess;
  readonly #ctr: RuntimeParts["ctr"];
  readonly #start: RuntimeParts["start"];
  readonly #ids = new Set<string>();
  #execs = 0;

  constructor({ folder, socket, daemon, ctr, start }: RuntimeParts) {
    this.#folder = folder;
    this.socket = socket;
    this.#daemon = daemon;
    this.#ctr = ctr;
    this.#start = start;
  }

  async imageByDigest(name: string): Promise<string> {
    const tagged = `${name}:only-for-the-import`;
    const archive = await makeSmallImage(this.#folder, tagged);
    await mustRun("ctr", this.#ctr(["images", "import", archive]));
    const { stdout } = await mustRun("ctr", this.#ctr(["images", "list", `name==${tagged}`]));
    const digest = /sha256:[0-9a-f]{64}/.exec(stdout)![0];
    await mustRun("ctr", this.#ctr(["images", "tag", tagged, `${name}@${digest}`]));
    await mustRun("ctr", this.#ctr(["images", "remove", tagged]));
    return digest;
  }

  async suspend(): Promise<void> {
    this.#daemon.kill("SIGSTOP");
    const tasks = `/proc/${this.#daemon.pid}/task`;
    const stopped = (tid: string) => /\) T/.test(readFileSync(`${tasks}/${tid}/stat`, "utf8"));
    await eventually("containerd stands still", () => readdirSync(tasks).every(stopped) || undefined);
  }

  resume(): void {
    this.#daemon.kill("SIGCONT");
  }

  async restart(meanwhile: () => Promise<void>): Promise<void> {
    const gone = new Promise((resolve) => this.#daemon.once("close", resolve));
    this.#daemon.kill("SIGKILL");
    await gone;
    await meanwhile();
    this.#daemon = await this.#start();
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

  exec(id: string, command: readonly string[]): Promise<Outcome> {
    return this.#exec(id, command, {});
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
    this.resume();
    for (const id of [...this.#ids]) await this.#remove(id);
    await end(this.#daemon);
    endShims(this.socket);
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

function configuration(folder: string, socket: string, kubernetes: boolean): string {
  const unused = [...(kubernetes ? [] : ["grpc.v1.cri"]), "snapshotter.v1.btrfs", "snapshotter.v1.zfs"]
    .concat(["snapshotter.v1.devmapper", "snapshotter.v1.aufs"])
    .concat(["internal.v1.tracing", "tracing.processor.v1.otlp"])
    .map((name) => `"io.containerd.${name}"`);
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return [
    "version = 2",
    `root = "${folder}/root"`,
    `state = "${folder}/state"`,
    `disabled_plugins = [${unused.join(", ")}]`,
    `[grpc]`,
    `address = "${socket}"`,
    `[plugins."io.containerd.internal.v1.opt"]`,
    `path = "${folder}/opt"`,
    `[${cri}]`,
    `sandbox_image = "${pauseImage}"`,
    // There is no CAP_SYS_RESOURCE where tests run.
    `restrict_oom_score_adj = true`,
    `disable_apparmor = true`,
    `disable_tcp_service = true`,
    `[${cri}.cni]`,
    `bin_dir = "${folder}/cni/bin"`,
    `conf_dir = "${folder}/cni/net.d"`,
    "",
  ].join("\n");
}

/** A network plugin that makes no network and says that it made one. */
function makeNetworkPlugin(folder: string): void {
  const bin = join(folder, "cni/bin");
  const conf = join(folder, "cni/net.d");
  mkdirSync(bin, { recursive: true });
  mkdirSync(conf, { recursive: true });
  const interfaces = `"interfaces":[{"name":"'"$CNI_IFNAME"'","sandbox":"'"$CNI_NETNS"'"}]`;
  const ips = `"ips":[{"version":"4","interface":0,"address":"10.99.0.7/16","gateway":"10.99.0.1"}]`;
  const script = (result: string) =>
    `#!/bin/sh\n[ "$CNI_COMMAND" != ADD ] || echo '{"cniVersion":"0.3.1",${result},"dns":{}}'\n`;
  writeFileSync(join(bin, "loopback"), script(interfaces), { mode: 0o755 });
  writeFileSync(join(bin, "made"), script(`${interfaces},${ips}`), { mode: 0o755 });
  const plugins = [{ type: "made" }];
  writeFileSync(join(conf, "1.conflist"), JSON.stringify({ cniVersion: "0.3.1", name: "made", plugins }));
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
