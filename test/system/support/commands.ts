/** Runs programs for system tests: to their end with their output, or in the background until told to end. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

/** What a program printed and how it ended; `code` is undefined where a signal ended it. */
export interface Outcome {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end; never rejects for an exit code, only where the program cannot be started. Its standard input
 * is empty or `input`.
 */
export function run(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
  input?: string,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const stdin = input === undefined ? "ignore" : "pipe";
    const child = spawn(program, args, { stdio: [stdin, "pipe", "pipe"], ...options });
    // A program that ends before it has read all is judged by its exit code.
    child.stdin?.on("error", () => {}).end(input);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? undefined, stdout, stderr }));
  });
}

/** As run(), but anything but exit code 0 is an error that shows what was printed. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Outcome> {
  const outcome = await run(program, args, options);
  if (outcome.code === 0) return outcome;
  throw new Error(
    `${program} ${args.join(" ")} ended with ${outcome.code ?? "a signal"}: ${outcome.stderr}${outcome.stdout}`,
  );
}

/** Ends a child: SIGTERM, then SIGKILL after `patience` milliseconds. Resolves once it is gone. */
export async function end(child: ChildProcess, patience = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  await gone;
  clearTimeout(timer);
}

/**
 * Asks `condition` every 20 ms until it gives a value.
 * @throws Error naming `what` after `bound` milliseconds.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | Promise<T | undefined>,
  bound = 10_000,
): Promise<T> {
  const last = Date.now() + bound;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (Date.now() > last) throw new Error(`not within ${bound} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
