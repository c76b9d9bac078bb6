/** A whole agent for system tests: `bin/tiercel agent` as a user starts it, its alerts read from stdout. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Context } from "mocha";
import { root } from "../../support/reference.ts";
import { unmet } from "../../support/requirements.ts";
import { end, eventually } from "./commands.ts";

/** An alert as JSON on stdout (outputs.md 4 of the reference). */
export interface PrintedAlert {
  readonly rule: string;
  readonly priority: string;
  readonly source: string;
  readonly tags: readonly string[];
  readonly time: string;
  readonly output: string;
  readonly output_fields: Readonly<Record<string, unknown>>;
}

export interface AgentOptions {
  /** Rules files or folders, in order. */
  readonly rules: readonly string[];
  /** `--set` settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Starts the agent through another program: `unshare` and its arguments, for instance. */
  readonly through?: readonly string[];
  /** Words between those of its own and its settings. */
  readonly args?: readonly string[];
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningAgent {
  /** All alerts so far, in order. */
  readonly alerts: readonly PrintedAlert[];
  readonly pid: number;
  /** What it logged so far. */
  log(): string;
  /** The first alert from index `from` on that fits, waited for at most `bound` milliseconds. */
  alert(
    what: string,
    fits: (alert: PrintedAlert) => boolean,
    from?: number,
    bound?: number,
  ): Promise<PrintedAlert>;
  /** Ends it by SIGTERM; gives its exit code, undefined where it had to be killed. */
  stop(): Promise<number | undefined>;
}

/** Skips (or fails, see requirements.ts) the running test where BPF cannot be loaded. */
export function needCapture(context: Context): void {
  if (process.getuid?.() !== 0) unmet(context, "kernel", "loading BPF programs needs root");
  if (!existsSync("/sys/kernel/btf/vmlinux")) unmet(context, "kernel", "this kernel has no BTF");
}

/** Starts an agent and waits until its log says that it is ready. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const settings = { "webserver.enabled": "false", ...options.settings };
  const args = [`${root}bin/tiercel`, "agent", "-o", "json"]
    .concat(options.rules.flatMap((path) => ["--rules", path]))
    .concat(options.args ?? [])
    .concat(Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]));
  const [program, ...words] = [...(options.through ?? []), process.execPath, ...args];
  const child = spawn(program!, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.environment },
  });
  const alerts: PrintedAlert[] = [];
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  createInterface(child.stdout).on("line", (line) => alerts.push(JSON.parse(line) as PrintedAlert));
  await eventually(
    "the agent is ready",
    () => {
      if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}: ${log}`);
      return /\bready\b/.test(log) ? true : undefined;
    },
    30_000,
  ).catch(async (error: unknown) => {
    await end(child);
    throw new Error(`${String(error)}; its log: ${log}`);
  });
  return {
    alerts,
    pid: child.pid!,
    log: () => log,
    alert: (what, fits, from = 0, bound = 5000) =>
      eventually(what, () => alerts.slice(from).find(fits), bound),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<number | undefined> {
  await end(child, 10_000);
  return child.exitCode ?? undefined;
}
