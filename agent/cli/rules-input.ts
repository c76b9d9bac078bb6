/** Rules files as users name them: a file, a folder, or `-` for standard input. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import type { RulesFile } from "../rules/compile.ts";

/** Beyond it a file is not even read; what a rules file may have is checked later and is far less. */
const maxReadBytes = 64 << 20;

function reason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known?.[1] ?? message;
}

/** The files of a folder that may hold rules, by name; not those of folders inside. */
function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function readFile(path: string): RulesFile {
  try {
    if (path === "-") return { name: "<stdin>", text: readFileSync(0, "utf8") };
    const { size } = statSync(path);
    if (size > maxReadBytes)
      return { name: path, text: "", unreadable: `the file has ${size} bytes: it is no rules file` };
    return { name: path, text: readFileSync(path, "utf8") };
  } catch (error) {
    return { name: path, text: "", unreadable: `Could not open file ${path} for reading: ${reason(error)}` };
  }
}

/** Reads what stands behind paths, in their order. What cannot be read is in the list, with the reason. */
export function readRulesInput(paths: readonly string[]): RulesFile[] {
  return paths.flatMap((path) => {
    const isFolder = path !== "-" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    return (isFolder ? filesOf(path) : [path]).map(readFile);
  });
}
