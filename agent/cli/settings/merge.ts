/** `config_files`: which files a settings file asks for, and how they are merged into it. */
import type { Mistake } from "./mistake.ts";
import type { MapTree, Tree } from "./tree.ts";

export type Strategy = "append" | "override" | "add-only";

/** A file or folder named under config_files, in order. */
export interface IncludedPath {
  readonly path: string;
  readonly strategy: Strategy;
}

/**
 * What `config_files` of a tree names; `otherwise` where the tree has no such key. What is malformed is left out here,
 * checking the settings reports it.
 */
export function includedPaths(tree: MapTree, otherwise: readonly string[]): readonly IncludedPath[] {
  const value = tree.entries.get("config_files")?.value;
  if (value === undefined) return otherwise.map((path) => ({ path, strategy: "append" }));
  const items = value.kind === "list" ? value.items : [value];
  return items.flatMap((item) => {
    if (item.kind === "scalar")
      return item.text === "" ? [] : [{ path: item.text, strategy: "append" as const }];
    if (item.kind !== "map") return [];
    const path = textOf(item.entries.get("path")?.value);
    const strategy = textOf(item.entries.get("strategy")?.value) ?? "append";
    return path !== undefined && isStrategy(strategy) ? [{ path, strategy }] : [];
  });
}

function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" ? tree.text : undefined;
}

function isStrategy(text: string): text is Strategy {
  return text === "append" || text === "override" || text === "add-only";
}

/** Merges the top-level keys of `extra` into `tree`. Returns a mistake where `extra` names further files. */
export function merge(tree: MapTree, extra: MapTree, strategy: Strategy): Mistake | undefined {
  const further = extra.entries.get("config_files");
  if (further !== undefined)
    return {
      code: "SETTINGS_VALUE",
      message: "a file that config_files names cannot have config_files of its own",
      place: further.key,
    };
  for (const [key, entry] of extra.entries) {
    const there = tree.entries.get(key);
    if (there !== undefined && strategy === "add-only") continue;
    if (there?.value.kind === "list" && entry.value.kind === "list" && strategy === "append")
      there.value.items.push(...entry.value.items);
    else tree.entries.set(key, entry);
  }
  return undefined;
}
