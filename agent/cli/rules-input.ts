/** Rules files as users name them: a file, a folder, or `-` for standard input. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import type { RulesFile } from "../rules/compile.ts";

/** Beyond it a file is not even read; what a rules file may have is checked later and is far less. */
const maxReadBytes = 64 << 20;

/** Pipes that the shell or the caller has already opened, as of `<(command)`; reading these ends with their writer. */
const handedPipe = /^\/(dev|proc)\//;

function reason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known?.[1] ?? message;
}

/** What a path leads to; undefined where that cannot be told, as with a chain of links without an end. */
function kindOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether a path leads to a folder; not where that cannot be told. */
export const isFolder = (path: string): boolean => kindOf(path)?.isDirectory() === true;

/** The files of a folder that may hold rules, by name; not those of folders inside. */
function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => kindOf(path)?.isFile() === true);
}

/** The text of a file. It is opened without waiting: a FIFO that nobody writes to would hold the thread for ever. */
function textOf(path: string): string | { refused: string } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (stat.isFIFO() && handedPipe.test(path)) return readFileSync(path, "utf8");
    if (stat.isDirectory()) return { refused: `Could not open file ${path} for reading: it is a folder` };
    if (!stat.isFile())
      return {
        refused: `${path} is a pipe, a socket or a device: name a regular file, or - for standard input`,
      };
    if (stat.size > maxReadBytes) return { refused: `the file has ${stat.size} bytes: it is no rules file` };
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

function readFile(path: string): RulesFile {
  try {
    const text = path === "-" ? readFileSync(0, "utf8") : textOf(path);
    if (typeof text === "string") return { name: path === "-" ? "<stdin>" : path, text };
    return { name: path, text: "", unreadable: text.refused };
  } catch (error) {
    return { name: path, text: "", unreadable: `Could not open file ${path} for reading: ${reason(error)}` };
  }
}

/** Reads what stands behind paths, in their order. What cannot be read is in the list, with the reason. */
export function readRulesInput(paths: readonly string[]): RulesFile[] {
  return paths.flatMap((path) => (path !== "-" && isFolder(path) ? filesOf(path) : [path]).map(readFile));
}
