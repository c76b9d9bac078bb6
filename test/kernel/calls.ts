/** Makes real system calls with known arguments in a process of their own (calls/calls.c). */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { syscallNumbers } from "../../agent/events/syscall-names.ts";
import { root } from "../support/reference.ts";

/** A call by name, and its arguments as calls.c reads them. */
export type Call = readonly [name: string, ...args: readonly (string | number | bigint)[]];

/** Which program makes the calls, and by which door. */
export type Door = "native" | "gate" | "32-bit";
export const doors: readonly Door[] = ["native", "gate", "32-bit"];

export interface MakeOptions {
  readonly door?: Door;
  readonly cwd?: string;
  /** In a second thread. */
  readonly thread?: boolean;
  /** Runs the program under another one, such as chroot: its words come first. */
  readonly under?: readonly string[];
}

export interface Made {
  /** What each call returned; negative errno. */
  readonly results: readonly number[];
  readonly pid: number;
}

const source = `${root}test/kernel/calls/calls.c`;

/** Path of the compiled program, made anew where its source is newer. */
export function callsProgram(bits: 64 | 32): string {
  const folder = `${root}build/test-calls`;
  const program = `${folder}/calls${bits}`;
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(folder, { recursive: true });
    execFileSync("gcc", [`-m${bits}`, "-static", "-O1", "-pthread", "-o", program, source]);
  }
  return program;
}

/** Number of a call at a door. */
export function callNumber(name: string, door: Door): number {
  const number = syscallNumbers[door === "native" ? "x86_64" : "i386"].get(name);
  if (number === undefined) throw new Error(`no call ${name} for ${door}`);
  return number;
}

/** The command that makes the calls, and its arguments. */
export function commandOf(calls: readonly Call[], options: MakeOptions = {}): readonly string[] {
  const door = options.door ?? "native";
  const words = calls.flatMap(([name, ...args], index) => [
    ...(index > 0 ? ["--"] : []),
    String(callNumber(name, door)),
    ...args.map(String),
  ]);
  const flags = [...(door === "gate" ? ["-80"] : []), ...(options.thread === true ? ["-t"] : [])];
  return [...(options.under ?? []), callsProgram(door === "32-bit" ? 32 : 64), ...flags, ...words];
}

/** Runs the calls one after the other and waits for the process. */
export function makeCalls(calls: readonly Call[], options: MakeOptions = {}): Made {
  const command = commandOf(calls, options);
  const run = spawnSync(command[0]!, command.slice(1), {
    encoding: "utf8",
    timeout: 10_000,
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (run.status !== 0) throw new Error(`${command.join(" ")}: ${run.status ?? run.signal} ${run.stderr}`);
  return { results: JSON.parse(run.stdout) as number[], pid: run.pid };
}
