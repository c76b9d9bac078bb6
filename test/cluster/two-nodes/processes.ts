/**
 * The cluster's processes. They outlive the command that started them, so each is remembered by pid and start time: only
 * what is still the same process is ever ended.
 */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { eventually, mustRun, run, type Outcome } from "../../system/support/commands.ts";
import { at, controlNamespace } from "./layout.ts";

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); undefined where there is no such process, or it is only a zombie. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold blanks and brackets: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const inNamespace = (namespace: string) => `--net=/run/netns/${namespace}`;

/** Starts a program in a network namespace; what it prints goes to log/NAME. */
export function startIn(namespace: string, name: string, command: readonly string[]): void {
  mkdirSync(at("log"), { recursive: true });
  mkdirSync(at("pids"), { recursive: true });
  const log = openSync(at("log", name), "a");
  const child = spawn("nsenter", [inNamespace(namespace), ...command], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.on("error", () => {});
  child.unref();
  if (child.pid === undefined) throw new Error(`${name} cannot be started: nsenter is missing`);
  writeFileSync(at("pids", name), `${child.pid} ${startTime(child.pid) ?? ""}`);
}

/** Names of all that was started, in no order. */
function remembered(): string[] {
  try {
    return readdirSync(at("pids"));
  } catch {
    return [];
  }
}

/** Its pid; undefined where it is gone. */
export function pidOf(name: string): number | undefined {
  try {
    const [pid = "", started] = readFileSync(at("pids", name), "utf8").split(" ");
    return startTime(Number(pid)) === started ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** Ends one of them: by SIGTERM, and after a second by SIGKILL. Fulfilled once it is gone. */
async function endProcess(name: string): Promise<void> {
  const gone = () => (pidOf(name) === undefined ? true : undefined);
  signal(name, "SIGTERM");
  await eventually(`${name} ends`, gone, 1000).catch(() => undefined);
  signal(name, "SIGKILL");
  await eventually(`${name} ends`, gone, 10_000);
}

/** Ends one of them as a crash does, by SIGKILL. Fulfilled once its last thread is gone, and so its ports are free. */
export async function killProcess(name: string): Promise<void> {
  const pid = pidOf(name);
  if (pid === undefined) return;
  signal(name, "SIGKILL");
  await eventually(`${name} ends`, () => (threads(pid) > 1 || pidOf(name) ? undefined : true), 20_000);
}

/** Threads of a process: 1 for a zombie, 0 where it is gone. */
function threads(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function signal(name: string, which: NodeJS.Signals): void {
  const pid = pidOf(name);
  if (pid === undefined) return;
  try {
    process.kill(pid, which);
  } catch {
    // It ended meanwhile.
  }
}

export async function endAll(): Promise<void> {
  await Promise.all(remembered().map((name) => endProcess(name)));
}

/** Runs a program to its end in the control plane's network namespace. */
export function inControl(...command: readonly string[]): Promise<Outcome> {
  return mustRun("nsenter", [inNamespace(controlNamespace), ...command]);
}

/** As `inControl`, for any namespace and with the exit code as a result. */
export function tryIn(namespace: string, ...command: readonly string[]): Promise<Outcome> {
  return run("nsenter", [inNamespace(namespace), ...command]);
}

/** The end of what a process printed, for messages. */
export function logTail(name: string, lines = 15): string {
  try {
    return readFileSync(at("log", name), "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}
