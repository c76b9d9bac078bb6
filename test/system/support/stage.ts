/**
 * Where system tests play: an agent that watches, the test program on the host and in containers, and a way to
 * know which alerts one action raised. Other things happen on the machine meanwhile, so only alerts count that
 * name our folder or one of our containers.
 */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type PrintedAlert, type RunningAgent, startAgent } from "./agent.ts";
import { type Outcome, eventually, mustRun, run } from "./commands.ts";
import { type Container, type Containers, startContainers } from "./containers.ts";
import { imageName } from "./image.ts";
import { Pods } from "./pods.ts";
import { type Trigger, compileTrigger } from "./trigger.ts";

/** Names under which the test program plays servers and tools. */
const roles = [
  "nginx",
  "sshd",
  "ssh",
  "nc",
  "nmap",
  "xmrig",
  "debugfs",
  "dnf",
  "yum",
  "cloud-init",
  "mysqld",
  "curl",
  "rsync",
  "useradd",
] as const;
export type Role = "trigger" | (typeof roles)[number];

/** How long the agent waits for a new container's name, ms. */
const IDENTITY_PATIENCE = 250;
const markerRule = "Marker of the tests";

export class Stage {
  /** A folder of ours; its name stands in the path of every program that we run on the host. */
  readonly folder: string;
  readonly containers: Containers;
  /** A container with the usual rights, and one with all. Both have no network but lo. */
  readonly plain: Container;
  readonly privileged: Container;
  readonly #trigger: Trigger;
  readonly #ids = new Set<string>();
  readonly #folders: string[] = [];
  #agent: RunningAgent | undefined;
  #markers = 0;

  private constructor(
    folder: string,
    trigger: Trigger,
    containers: Containers,
    plain: Container,
    privileged: Container,
  ) {
    this.folder = folder;
    this.#trigger = trigger;
    this.containers = containers;
    this.plain = plain;
    this.privileged = privileged;
    this.#ids.add(plain.id.slice(0, 12)).add(privileged.id.slice(0, 12));
  }

  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-stage-"));
    const trigger = await compileTrigger();
    for (const role of [...roles, "trigger"]) symlinkSync(trigger.path, join(folder, role));
    writeFileSync(join(folder, "marker.yaml"), markerFile(folder));
    const containers = await startContainers([trigger.path], roles, { kubernetes: true });
    const plain = await containers.run();
    const privileged = await containers.run({ flags: ["--privileged"] });
    return new Stage(folder, trigger, containers, plain, privileged);
  }

  /** Starts the agent with these rules and the marker's; one at a time. */
  async watch(
    rules: readonly string[],
    settings: Record<string, string> = {},
    through: readonly string[] = [],
  ) {
    this.#agent = await startAgent({
      rules: [...rules, join(this.folder, "marker.yaml")],
      // The runtime of the tests alone.
      settings: { "container_runtime.sockets": `[${this.containers.socket}]`, ...settings },
      through,
    });
    return this.#agent;
  }

  /** Ends the agent and gives its exit code. */
  async unwatch(): Promise<number | undefined> {
    const agent = this.#agent;
    this.#agent = undefined;
    return await agent?.stop();
  }

  /** Writes a rules file into our folder and returns its path. */
  rulesFile(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** Runs the test program on the host, under one of its names. */
  async host(role: Role, ...args: string[]): Promise<Outcome> {
    return await run(join(this.folder, role), args);
  }

  /** Runs the test program in the container with the usual rights. */
  async inside(...args: string[]): Promise<Outcome> {
    return await this.plain.exec(["trigger", ...args]);
  }

  /**
   * Runs a command to its end in a new pod of namespace shop that has `address` itself.
   */
  async inPod(address: string, command: string): Promise<Outcome> {
    const pods = new Pods(this.containers.socket);
    const name = `pod${++this.#markers}`;
    try {
      const pod = await pods.pod({ name });
      const network = ["-t", await processIn(pod.id), "-n", "ip"];
      await mustRun("nsenter", [...network, "link", "set", "lo", "up"]);
      await mustRun("nsenter", [...network, "addr", "add", `${address}/32`, "dev", "lo"]);
      const id = await pod.run({
        name: "c",
        image: await pods.image(imageName),
        command: ["sh", "-c", `${command}; echo $? >/shared/${name}`],
        mounts: [{ source: this.folder, destination: "/shared", readonly: false }],
      });
      this.own(id);
      const file = join(this.folder, name);
      const code = await eventually("the command has ended", () =>
        existsSync(file) ? readFileSync(file, "utf8").trim() || undefined : undefined,
      );
      return { code: Number(code), stdout: "", stderr: "" };
    } finally {
      await pods.close();
    }
  }

  /** Path of the test program itself. */
  get program(): string {
    return this.#trigger.path;
  }

  /** Runs a program with these arguments on the host. */
  async runs(path: string, ...args: string[]): Promise<Outcome> {
    return await run(path, args);
  }

  /** Copies the test program into a new folder below `parent`, where it counts as ours, while `use` runs. */
  async copied<T>(parent: string, use: (path: string) => Promise<T>): Promise<T> {
    const folder = mkdtempSync(join(parent, "tiercel-stage-"));
    this.#folders.push(folder);
    const copy = join(folder, "trigger");
    copyFileSync(this.#trigger.path, copy);
    try {
      return await use(copy);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Counts the alerts of this container as ours from now on. */
  own(id: string): void {
    this.#ids.add(id.slice(0, 12));
  }

  /**
   * Does something and returns the alerts that came of it, in order. All of them: events come in the order in
   * which they happened, and a marker that is made afterwards was alerted.
   */
  async during(act: () => Promise<unknown>): Promise<PrintedAlert[]> {
    const agent = this.#agent;
    if (agent === undefined) throw new Error("no agent watches");
    const from = agent.alerts.length;
    const known = this.#ids.size;
    await act();
    // The events of a container that is new may still wait for its name.
    if (this.#ids.size > known) await setTimeout(2 * IDENTITY_PATIENCE);
    await this.#mark(agent, from);
    return agent.alerts.slice(from).filter((alert) => alert.rule !== markerRule && this.#isOurs(alert));
  }

  /** Makes a marker and waits for its alert. Somebody else's storm of events may cost one, so there are three tries. */
  async #mark(agent: RunningAgent, from: number, tries = 3): Promise<void> {
    const marker = join(this.folder, `marker-${++this.#markers}`);
    writeFileSync(marker, "");
    try {
      await agent.alert(`the alert about ${marker}`, (alert) => alert.output.includes(marker), from, 6000);
    } catch (error) {
      if (tries > 1) return await this.#mark(agent, from, tries - 1);
      const code = await this.unwatch();
      throw new Error(`${String(error)}; the agent ended with ${code}, its log: ${agent.log()}`);
    } finally {
      rmSync(marker);
    }
  }

  #isOurs(alert: PrintedAlert): boolean {
    const id = alert.output_fields["container.id"];
    if (typeof id === "string" && this.#ids.has(id)) return true;
    return [this.folder, this.#trigger.path, ...this.#folders].some((path) => alert.output.includes(path));
  }

  async close(): Promise<void> {
    await this.unwatch();
    await this.containers.close();
    this.#trigger.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A process in a container's cgroup. */
function processIn(id: string): Promise<string> {
  return eventually("the container has a process", () =>
    readdirSync("/proc").find((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id);
      } catch {
        return false; // it ended meanwhile
      }
    }),
  );
}

function markerFile(folder: string): string {
  return `
- rule: ${markerRule}
  desc: Says that everything before it was seen.
  condition: evt.type in (open, openat) and fd.name startswith ${folder}/marker-
  output: marker %fd.name
  priority: DEBUG
`;
}
