/** An operator as a process of its own: the real command, or one with a controller of a test. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { root } from "../support/reference.ts";
import { freePort } from "../support/free-port.ts";
import { eventually } from "../system/support/commands.ts";

export interface OperatorProcessOptions {
  readonly kubeconfig: string;
  /** Settings under `operator.` as KEY: VALUE. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Its settings file. */
  readonly config?: string;
  /** Name of its pod. */
  readonly pod?: string;
  /** Runs test/cluster/mirror-operator.ts in place of `tiercel operator`. */
  readonly mirror?: boolean;
  /** What is run in place of bin/tiercel: the bundle's main.js. */
  readonly program?: string;
  /** Variables beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #ports: { readonly metrics: number; readonly health: number };
  #log = "";

  private constructor(child: ChildProcess, ports: { metrics: number; health: number }) {
    this.#child = child;
    this.#ports = ports;
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
  }

  static async start({
    kubeconfig,
    settings = {},
    config,
    pod = "operator",
    mirror = false,
    program = `${root}bin/tiercel`,
    environment = {},
  }: OperatorProcessOptions): Promise<OperatorProcess> {
    const ports = { metrics: await freePort(), health: await freePort() };
    const all = {
      namespace: "default",
      metrics_listen: `127.0.0.1:${ports.metrics}`,
      health_listen: `127.0.0.1:${ports.health}`,
      webhook_listen: "",
      ...settings,
    };
    const sets = Object.entries(all).flatMap(([key, value]) => ["--set", `operator.${key}=${value}`]);
    if (config !== undefined) sets.push("--config", config);
    const args = mirror
      ? [fileURLToPath(new URL("./mirror-operator.js", import.meta.url)), ...sets]
      : ["--max-semi-space-size=1", program, "operator", "--set", "log_level=debug", ...sets];
    const env = { ...process.env, ...environment, KUBECONFIG: kubeconfig, POD_NAME: pod };
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
    return new OperatorProcess(child, ports);
  }

  get log(): string {
    return this.#log;
  }

  /** Whether the process runs. */
  get lives(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Text of a path of a server of its; undefined where there is no answer, or one other than 200. */
  async #read(port: number, path: string): Promise<string | undefined> {
    const signal = AbortSignal.timeout(1000);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal }).catch(() => undefined);
    return answer?.ok === true ? answer.text() : undefined;
  }

  metrics(): Promise<string | undefined> {
    return this.#read(this.#ports.metrics, "/metrics");
  }

  /** HOST:PORT of its health. */
  get healthListen(): string {
    return `127.0.0.1:${this.#ports.health}`;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Value of the first series of a metric whose line begins so. */
  async metric(start: string): Promise<number | undefined> {
    const line = (await this.metrics())?.split("\n").find((one) => one.startsWith(start));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  async ready(): Promise<void> {
    await eventually(
      "the operator is ready",
      async () => {
        if (!this.lives) throw new Error(`the operator ended: ${this.#log}`);
        return this.#read(this.#ports.health, "/readyz");
      },
      60_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; its log: ${this.#log}`);
    });
  }

  /** Whether it acts. */
  async leads(): Promise<boolean> {
    return (await this.metric("leader_election_master_status")) === 1;
  }

  async untilLeads(bound = 60_000): Promise<void> {
    await eventually("the operator acts", async () => ((await this.leads()) ? true : undefined), bound);
  }

  /** Signals it and waits for its end; gives exit code or signal, and the milliseconds. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<{ code: number | null; milliseconds: number }> {
    if (!this.lives) return { code: this.#child.exitCode, milliseconds: 0 };
    const began = performance.now();
    const gone = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(late);
    return { code: this.#child.exitCode, milliseconds: performance.now() - began };
  }
}
