/** Alerts to the standard input of a program. */
import { spawn, type ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import type { Report } from "./queue.ts";
import { DeliveryError, rejectionOf, systemError, type Sink } from "./sink.ts";

export interface ProgramOptions {
  /** A command line for sh. */
  readonly program: string;
  /** One process for all alerts, started anew when it has ended; otherwise one for each. */
  readonly keepAlive: boolean;
}

/** How long a program may take to end once its input has, when the agent ends; in milliseconds. */
const endingTime = 400;

/** What it prints goes to our standard error: standard output has only alerts. Its own process group, to end all of it. */
function start(program: string): ChildProcess & { stdin: Writable } {
  return spawn("/bin/sh", ["-c", program], { stdio: ["pipe", 2, 2], detached: true }) as ChildProcess & {
    stdin: Writable;
  };
}

/** Ends a program and what it started. */
function kill(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}

/** How a process ended; undefined for exit code 0. */
function failureOf(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `the program was ended by ${signal}`;
  return code === 0 ? undefined : `the program ended with exit code ${code}`;
}

/** A sink for one command line. */
export function programSink(options: ProgramOptions, report: Report): Sink {
  return options.keepAlive ? keptProgram(options.program, report) : programPerAlert(options.program);
}

function programPerAlert(program: string): Sink {
  return {
    name: "program_output",
    batch: 1,
    async send(batch, signal) {
      for (const { line } of batch) await runOnce(program, line, signal);
    },
    close: async () => {},
  };
}

function runOnce(program: string, line: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = start(program);
    const abort = () => kill(child, "SIGKILL");
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const done = (failure: DeliveryError | undefined) => {
      signal.removeEventListener("abort", abort);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    child.stdin.on("error", () => {
      // It ended without reading all of its input; its exit code says whether that was meant.
    });
    child.on("error", (error) =>
      done(new DeliveryError("passing", `the program cannot be started: ${systemError(error)}`)),
    );
    child.on("exit", (code, by) => {
      if (signal.aborted)
        return done(new DeliveryError("timeout", "the program did not end in time and was killed"));
      const failure = failureOf(code, by);
      return done(failure === undefined ? undefined : new DeliveryError("passing", failure));
    });
    child.stdin.end(`${line}\n`);
  });
}

function keptProgram(program: string, report: Report): Sink {
  let child: (ChildProcess & { stdin: Writable }) | undefined;
  let reopen = false;

  const ready = () => {
    if (reopen) {
      reopen = false;
      child?.stdin.end();
      child = undefined;
    }
    if (child !== undefined) return child;
    const started = start(program);
    child = started;
    started.stdin.on("error", () => forget(started));
    started.on("error", () => forget(started));
    started.on("exit", (code, by) => {
      const failure = failureOf(code, by);
      if (child === started && failure !== undefined)
        report(
          "warning",
          `program_output: ${failure}`,
          `program_output: ${failure}; what it had not read is lost`,
        );
      forget(started);
    });
    return started;
  };
  const forget = (old: ChildProcess) => {
    if (child === old) child = undefined;
  };
  return {
    name: "program_output",
    batch: 100,
    async send(batch, signal) {
      const to = ready();
      const abort = rejectionOf(signal);
      try {
        await Promise.race([writeTo(to, batch.map(({ line }) => `${line}\n`).join("")), abort.promise]);
      } catch (error) {
        kill(to, "SIGKILL");
        forget(to);
        throw error;
      } finally {
        abort.dispose();
      }
    },
    reopen() {
      reopen = true;
    },
    async close() {
      const last = child;
      child = undefined;
      if (last === undefined || last.exitCode !== null || last.signalCode !== null) return;
      const exited = new Promise<void>((resolve) => last.once("exit", () => resolve()));
      last.stdin.end();
      const timer = setTimeout(() => kill(last, "SIGTERM"), endingTime);
      await exited;
      clearTimeout(timer);
    },
  };
}

function writeTo(child: ChildProcess & { stdin: Writable }, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new DeliveryError("passing", `the program cannot be started: ${systemError(error)}`)),
    );
    child.stdin.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new DeliveryError("passing", `the program does not read: ${systemError(error)}`));
    });
  });
}
