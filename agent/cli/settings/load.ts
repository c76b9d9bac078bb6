/** Reads the settings files of this machine; what they mean is read.ts. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultSettings } from "./check.ts";
import { includedPaths, type Strategy } from "./merge.ts";
import type { Mistake, Source } from "./mistake.ts";
import { applyOverride, parseOverride } from "./overrides.ts";
import { readSettings, type SettingsResult } from "./read.ts";
import { settingsSchema } from "./schema.ts";
import { readTree } from "./tree.ts";

/** Where settings are looked for when no file is named; the one that comes with Tiercel is last. */
export const systemSettingsFile = "/etc/tiercel/tiercel.yaml";

/** Largest settings file, in bytes. */
const maximumBytes = 1 << 20;

export interface SettingsPlaces {
  /** --config; undefined: the system's file, else the one that comes with Tiercel. */
  readonly config?: string;
  readonly overrides: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tiercel's own folder (the checkout, the image's /app): holds config/. Absolute. */
  readonly home: string;
  /** The working folder. Absolute. */
  readonly workingFolder: string;
}

export interface LoadedSettings extends SettingsResult {
  /** Absolute paths of the files that were read, the main one first: what to watch. */
  readonly files: readonly string[];
  /** Absolute paths of rules files and folders, in order (`config/rules` in Tiercel's own folder). */
  readonly rulesPaths: readonly string[];
}

/** Loads settings. Never throws: a file that cannot be read is a mistake with its path and errno. */
export function loadSettings(places: SettingsPlaces): LoadedSettings {
  const { overrides, environment, home, workingFolder } = places;
  const { main, included, files, mistakes } = readSources(places);
  if (main === undefined) return { mistakes, warnings: [], chosen: new Set(), files, rulesPaths: [] };
  const result = readSettings({ main, included, overrides, environment });
  const rulesPaths = (result.settings?.rules_files ?? []).map((path) =>
    resolve(path === "config/rules" ? home : workingFolder, path),
  );
  if (mistakes.length === 0) return { ...result, files, rulesPaths };
  const { warnings, chosen } = result;
  return { mistakes: [...mistakes, ...result.mistakes], warnings, chosen, files, rulesPaths };
}

/** The texts that settings come from. */
export interface SettingsSources {
  /** Undefined where the main file cannot be read, which is then the only mistake. */
  readonly main: Source | undefined;
  readonly included: readonly { readonly source: Source; readonly strategy: Strategy }[];
  readonly files: readonly string[];
  readonly mistakes: readonly Mistake[];
}

/** Reads the main file and those that it names. Never throws. */
export function readSources(places: SettingsPlaces): SettingsSources {
  const { config, overrides, environment, home, workingFolder } = places;
  const mainPath = mainFile(config, home, workingFolder);
  const main = readText(mainPath);
  if ("message" in main) return { main: undefined, included: [], files: [], mistakes: [main] };
  const mistakes: Mistake[] = [];
  const files = [mainPath];
  const included: { source: Source; strategy: Strategy }[] = [];
  for (const { path, strategy } of asksFor(main, overrides, environment)) {
    for (const file of filesOf(resolve(workingFolder, path))) {
      if (file === mainPath) {
        mistakes.push({
          code: "SETTINGS_VALUE",
          message: `config_files names the main settings file itself, ${file}`,
        });
        continue;
      }
      const source = readText(file);
      if ("message" in source) mistakes.push(source);
      else included.push({ source, strategy });
      files.push(file);
    }
  }
  return { main, included, files, mistakes };
}

function mainFile(config: string | undefined, home: string, workingFolder: string): string {
  if (config !== undefined) return resolve(workingFolder, config);
  return existsSync(systemSettingsFile) ? systemSettingsFile : join(home, "config/tiercel.yaml");
}

/** config_files of the main file, after the overrides of that key alone. */
function asksFor(main: Source, overrides: readonly string[], environment: SettingsPlaces["environment"]) {
  const { tree } = readTree(main, environment);
  if (tree === undefined) return [];
  for (const argument of overrides) {
    const override = parseOverride(argument);
    if ("message" in override) continue;
    const [first] = override.steps;
    if (first?.kind === "key" && first.key === "config_files") applyOverride(tree, override, settingsSchema);
  }
  const otherwise = defaultSettings().config_files.map((item) =>
    typeof item === "string" ? item : item.path,
  );
  return includedPaths(tree, otherwise);
}

/** A file, or the .yaml and .yml files of a folder by name; none where the path does not exist. */
function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name))
      .filter((file) => statSync(file).isFile());
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? [] : [path];
  }
}

function readText(path: string): Source | Mistake {
  const refuse = (reason: string): Mistake => ({
    code: "SETTINGS_FILE_READ",
    message: `the settings file ${path} cannot be read: ${reason}`,
  });
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return refuse("it is not a regular file");
    if (stat.size > maximumBytes) return refuse(`it has ${stat.size} bytes, ${maximumBytes} is the most`);
    return { name: path, text: readFileSync(path, "utf8").replace(/^\uFEFF/, ""), isFile: true };
  } catch (error) {
    return refuse((error as NodeJS.ErrnoException).code ?? String(error));
  }
}
