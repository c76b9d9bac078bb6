/** The agent as a user runs it, as a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { root } from "../test/support/reference.ts";
import { endWithUs } from "./interrupted.ts";
import { costOf, type Cost } from "./process-cost.ts";

/** An alert line and when it came, ns of the monotonic clock. */
export interface AlertLine {
  readonly at: bigint;
  readonly text: string;
}

export interface AgentSummary {
  readonly events: number;
  readonly dropped: number;
  readonly text: string;
}

/** Longest wait for "ready" and for the end, ms. */
const START = 60_000;
const END = 30_000;

export class AgentProcess {
  readonly alerts: AlertLine[] = [];
  /** From its start until it said that it is ready, ms. */
  readyAfter = Number.NaN;
  private readonly child: ChildProcess;
  private log = "";

  private constructor(args: readonly string[], node: string) {
    // As the launcher's first line has it, with the Node that was asked for.
    const launcher = ["--max-semi-space-size=1", `${root}bin/tiercel`];
    this.child = spawn(node, [...launcher, "agent", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.child.once(
      "close",
      endWithUs(() => this.stop()),
    );
    this.child.stderr!.setEncoding("latin1").on("data", (chunk: string) => (this.log += chunk));
    createInterface({ input: this.child.stdout! }).on("line", (text) =>
      this.alerts.push({ at: process.hrtime.bigint(), text }),
    );
  }

  /**
   * Starts `tiercel agent ARGS` and waits until it is ready.
   *
   * @param node the Node to run it with.
   * @throws Error with what it logged, where it is not.
   */
  static async start(args: readonly string[], node = process.execPath): Promise<AgentProcess> {
    const begin = performance.now();
    const agent = new AgentProcess(args, node);
    while (!/ready: /.test(agent.log)) {
      if (agent.child.exitCode !== null || performance.now() - begin > START) {
        agent.child.kill("SIGKILL");
        throw new Error(`the agent is not ready:\n${agent.log}`);
      }
      await pause(5);
    }
    agent.readyAfter = performance.now() - begin;
    return agent;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** What stands in its log so far. */
  said(pattern: RegExp): RegExpExecArray | undefined {
    return pattern.exec(this.log) ?? undefined;
  }

  cost(): Cost {
    return costOf(this.pid);
  }

  /** Waits until `enough` alerts came, or none has come for `quiet` ms. */
  async settle(enough: number, quiet = 2_000): Promise<void> {
    for (let count = -1, since = performance.now(); this.alerts.length < enough; await pause(20)) {
      if (this.alerts.length !== count) {
        count = this.alerts.length;
        since = performance.now();
      } else if (performance.now() - since > quiet) return;
    }
  }

  /** Ends it as Ctrl-C does and returns what it sums up. */
  async stop(): Promise<AgentSummary> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "close");
      this.child.kill("SIGINT");
      const timer = setTimeout(() => this.child.kill("SIGKILL"), END);
      await ended;
      clearTimeout(timer);
    }
    const number = (name: string): number =>
      Number(new RegExp(`^${name}: (\\d+)`, "m").exec(this.log)?.[1] ?? Number.NaN);
    return { events: number("Events seen"), dropped: number("Events dropped"), text: this.log };
  }
}

/** Resolves after so many ms. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
