/** Which files hold the rules: the paths a user gave, folders opened. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** One rules file as read; `name` is the path as the user knows it. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

export interface FoundFiles {
  readonly files: readonly RuleFile[];
  /** One sentence for each path that could not be read. */
  readonly mistakes: readonly string[];
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "reading it is not permitted",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its symbolic links go round in a circle",
};

function sentence(path: string, error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return `cannot read the rules in ${path}: ${reasons[code] ?? message}`;
}

/** The .yaml and .yml files of a folder by name, not those of folders inside; a named file as it is. */
function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

/**
 * Reads the rules files behind `paths`, in order. With `skipMissing` a path that does not exist is left out (entries of
 * the settings, as Falco's); else it is a mistake (what the user typed).
 */
export function readRuleFiles(paths: readonly string[], skipMissing: boolean): FoundFiles {
  const files: RuleFile[] = [];
  const mistakes: string[] = [];
  for (const path of paths) {
    try {
      for (const name of filesOf(path)) files.push({ name, text: readFileSync(name, "utf8") });
    } catch (error) {
      if (skipMissing && (error as NodeJS.ErrnoException).code === "ENOENT") continue;
      mistakes.push(sentence(path, error));
    }
  }
  return { files, mistakes };
}
