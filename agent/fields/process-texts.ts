/** Texts about one process that several fields share. */
import type { Process } from "../state/types.ts";

/** Name of a thread of the process: its own where it renamed itself, else the process's. */
export function ownName(process: Process, tid: number): string {
  return process.threadNames?.get(tid) ?? process.comm;
}

/** The arguments behind argv[0], joined by blanks. */
export function args(process: Process): string {
  return process.args.join(" ");
}

/** `name` and the arguments; no blank at the end where there are none. */
export function commandLine(process: Process, name: string): string {
  return process.args.length === 0 ? name : `${name} ${args(process)}`;
}

/** argv[0] and the arguments. */
export function executableLine(process: Process): string {
  return commandLine(process, process.exe);
}

/** The environment, NAME=value texts joined by blanks; "" where no rule asked for environments. */
export function environment(process: Process): string {
  return process.env?.join(" ") ?? "";
}

/** Value of an environment variable without blanks around it; undefined where it is not set. */
export function variable(process: Process, name: string): string | undefined {
  const found = process.env?.find(
    (entry) => entry.length > name.length && entry[name.length] === "=" && entry.startsWith(name),
  );
  return found?.slice(name.length + 1).trim();
}
