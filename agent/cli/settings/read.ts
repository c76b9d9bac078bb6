/** Settings from texts: the main file, the files it names, --set. Pure; load.ts reads the files. */
import { checkTogether } from "./together.ts";
import { checkTree, defaultSettings } from "./check.ts";
import { merge, type Strategy } from "./merge.ts";
import type { Mistake, Place, Source } from "./mistake.ts";
import { applyOverride, parseOverride } from "./overrides.ts";
import { settingsSchema, type Settings } from "./schema.ts";
import { readTree, type MapTree, type Tree, type TreeResult } from "./tree.ts";

export interface SettingsInput {
  readonly main: Source;
  readonly included: readonly { readonly source: Source; readonly strategy: Strategy }[];
  /** Arguments of --set, in order. */
  readonly overrides: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Settings, or why there are none. Warnings come in either case. */
export interface SettingsResult {
  readonly settings?: Settings;
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
  /**
   * Dotted paths of settings that somebody chose: given by --set, or in a file with another value than the default.
   * A taken port of the web server is an error if it was chosen.
   */
  readonly chosen: ReadonlySet<string>;
}

/** Reads, merges and checks; all mistakes of all texts at once. */
export function readSettings(input: SettingsInput): SettingsResult {
  const { tree, mistakes, warnings, set } = mergeSources(input);
  renameRulesFile(tree, mistakes, warnings);
  const checked = checkTree(tree);
  if ("mistakes" in checked) mistakes.push(...checked.mistakes);
  else mistakes.push(...checkTogether(checked.settings, (path) => placeAt(tree, path)));
  const chosen = new Set(set);
  if ("mistakes" in checked || mistakes.length > 0) return { mistakes, warnings, chosen };
  for (const path of changed(checked.settings, defaultSettings(), "")) chosen.add(path);
  return { settings: freeze(checked.settings), mistakes, warnings, chosen };
}

/** What all texts together say, not yet checked. */
interface Merged {
  readonly tree: MapTree;
  readonly mistakes: Mistake[];
  readonly warnings: Mistake[];
  /** Dotted paths given by --set. */
  readonly set: readonly string[];
}

/** Merges all texts into one tree. Without an environment names of variables stay as they were written. */
export function mergeSources({
  main,
  included,
  overrides,
  environment,
}: Omit<SettingsInput, "environment"> & {
  readonly environment: SettingsInput["environment"] | undefined;
}): Merged {
  const mistakes: Mistake[] = [];
  const warnings: Mistake[] = [];
  const read = (source: Source): MapTree => {
    const result = readTree(source, environment);
    mistakes.push(...result.mistakes);
    warnings.push(...unsetWarnings(result));
    return result.tree ?? { kind: "map", entries: new Map(), place: { source, start: 0, end: 0 } };
  };
  const tree = read(main);
  for (const { source, strategy } of included) keep(mistakes, merge(tree, read(source), strategy));
  const set: string[] = [];
  for (const argument of overrides) {
    const override = parseOverride(argument);
    if ("message" in override) {
      mistakes.push(override);
      continue;
    }
    keep(mistakes, applyOverride(tree, override, settingsSchema));
    const keys = override.steps.flatMap((step) => (step.kind === "key" ? [step.key] : []));
    set.push(keys.join("."));
  }
  return { tree, mistakes, warnings, set };
}

function keep(mistakes: Mistake[], mistake: Mistake | undefined): void {
  if (mistake !== undefined) mistakes.push(mistake);
}

function unsetWarnings({ unset }: TreeResult): Mistake[] {
  return unset.map(({ name, place }) => ({
    code: "SETTINGS_ENVIRONMENT",
    message: `the environment variable ${name} is not set; it counts as empty`,
    place,
  }));
}

/** Falco's older key: rules_file, one path or a list. */
function renameRulesFile(tree: MapTree, mistakes: Mistake[], warnings: Mistake[]): void {
  const old = tree.entries.get("rules_file");
  if (old === undefined) return;
  tree.entries.delete("rules_file");
  if (tree.entries.has("rules_files")) {
    mistakes.push({
      code: "SETTINGS_VALUE",
      message: "both rules_files and rules_file are given; keep rules_files",
      place: old.key,
    });
    return;
  }
  warnings.push({
    code: "SETTINGS_DEPRECATED",
    message: "rules_file is now called rules_files",
    place: old.key,
  });
  tree.entries.set("rules_files", old);
}

/** Where a dotted path (or the nearest key above it) was written; undefined where nobody did. */
function placeAt(tree: MapTree, path: string): Place | undefined {
  let at: Tree = tree;
  let place: Place | undefined;
  for (const key of path.split(".")) {
    if (at.kind !== "map") break;
    const entry: { key: Place; value: Tree } | undefined = at.entries.get(key);
    if (entry === undefined) break;
    place = entry.value.kind === "scalar" ? entry.value.place : entry.key;
    at = entry.value;
  }
  return place;
}

function* changed(value: unknown, other: unknown, path: string): Generator<string> {
  if (isObject(value) && isObject(other)) {
    for (const key of Object.keys(value))
      yield* changed(value[key], other[key], path === "" ? key : `${path}.${key}`);
  } else if (JSON.stringify(value) !== JSON.stringify(other)) yield path;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
