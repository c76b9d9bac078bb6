/** Programs that a test starts in the background, and that end with it however it ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";

/** Lines of a child's log that an error shows. */
const shownLines = 15;

export interface Child {
  readonly process: ChildProcess;
  readonly name: string;
  /** File with what it printed. */
  readonly log: string;
}

/** In util-linux, which every Debian has. It makes the kernel kill the child when we are killed. */
const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));

/** Starts a program that the kernel ends when this process is gone, even by SIGKILL. */
export function startChild(name: string, program: string, args: readonly string[], log: string): Child {
  const output = openSync(log, "a");
  const options = { stdio: ["ignore", output, output] as const };
  const child =
    setpriv === undefined
      ? spawn(program, args, { ...options, stdio: [...options.stdio] })
      : spawn(setpriv, ["--pdeathsig", "KILL", "--", program, ...args], {
          ...options,
          stdio: [...options.stdio],
        });
  closeSync(output);
  const atExit = () => void child.kill("SIGKILL");
  process.once("exit", atExit);
  child.once("close", () => process.removeListener("exit", atExit));
  return { process: child, name, log };
}

/** @throws Error with the end of its log, where it has ended by itself. */
export function mustLive({ process: { exitCode, signalCode }, name, log }: Child): void {
  if (exitCode === null && signalCode === null) return;
  const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-shownLines);
  throw new Error(`${name} ended with ${exitCode ?? signalCode}:\n${lines.join("\n")}`);
}

/** SIGKILL, and waits until it is gone. */
export async function killChild({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGKILL");
  await gone;
}
