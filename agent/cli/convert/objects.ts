/** Folded items as FalcoRule objects, and as a rules file. */
import type { RuleSelector } from "../../rules/plan.ts";
import type { Folded } from "./fold.ts";
import type { Plain, PlainObject } from "./values.ts";

/** Plain `kubectl apply` keeps the object a second time in an annotation, which may have 256 KiB. */
const maxJsonBytes = 200 << 10;
/** Bounds of the resource: lists, macros and rules each; items of a list; characters. */
const maxItems = 500;
export const bounds = { listItems: 2000, listItem: 256, condition: 65_536, text: 4096, name: 253 } as const;

export interface ObjectNames {
  readonly name: string;
  readonly namespace?: string;
  /** Place among the objects of one conversion; undefined where there is one. */
  readonly order?: number;
}

interface Part {
  lists: PlainObject[];
  macros: PlainObject[];
  rules: PlainObject[];
  bytes: number;
}

type Key = "lists" | "macros" | "rules";

/** Parts small enough for one object each; what stands in front stays in front. */
function split(folded: Folded): Part[] {
  const fresh = (): Part => ({ lists: [], macros: [], rules: [], bytes: 0 });
  const parts = [fresh()];
  for (const key of ["lists", "macros", "rules"] as const satisfies readonly Key[])
    for (const item of folded[key]) {
      const bytes = Buffer.byteLength(JSON.stringify(item)) + 1;
      let part = parts.at(-1)!;
      if (part.bytes + bytes > maxJsonBytes - 2048 || part[key].length >= maxItems)
        parts.push((part = fresh()));
      part[key].push(item);
      part.bytes += bytes;
    }
  return parts;
}

/** A name that Kubernetes takes, made of any text. */
export function objectName(text: string): string {
  const name = text
    .replace(/^.*\//, "")
    .replace(/\.(?:ya?ml|json|txt|rules)$/i, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 200)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "rules" : name;
}

const orNone = (items: readonly PlainObject[]) => (items.length === 0 ? undefined : items);

/** FalcoRules; more than one where the items are too many for one. */
export function ruleObjects(
  folded: Folded,
  engineVersion: string | undefined,
  names: ObjectNames,
): PlainObject[] {
  const parts = split(folded);
  return parts.map((part, index) => ({
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: {
      name: parts.length === 1 ? names.name : `${names.name}-${String(index + 1).padStart(2, "0")}`,
      namespace: names.namespace,
    },
    spec: {
      order: names.order,
      requires:
        index > 0 || (engineVersion === undefined && folded.plugins.length === 0)
          ? undefined
          : { engineVersion, plugins: orNone(folded.plugins) },
      lists: orNone(part.lists),
      macros: orNone(part.macros),
      rules: orNone(part.rules),
    },
  }));
}

/** The items of a rules file. */
export function rulesFileItems(folded: Folded, engineVersion: string | undefined): Plain[] {
  return [
    ...(engineVersion === undefined ? [] : [{ required_engine_version: engineVersion }]),
    ...(folded.plugins.length === 0 ? [] : [{ required_plugin_versions: folded.plugins }]),
    ...folded.lists,
    ...folded.macros,
    ...folded.rules,
  ];
}

/** What an object says that a rules file cannot. */
export function lostInFile(origin: {
  readonly sinks?: readonly string[];
  readonly selector?: RuleSelector;
}): string[] {
  return [
    ...(origin.sinks === undefined ? [] : [`sinks (${origin.sinks.join(", ")})`]),
    ...(origin.selector === undefined ? [] : ["selector"]),
  ];
}

function nameOf(item: PlainObject, key: string): string {
  const name = item[key];
  return typeof name === "string" ? name : "";
}

/** Which bounds of the resource an item does not keep, in words. */
export function beyondBounds(folded: Folded): string[] {
  const said: string[] = [];
  const check = (what: string, key: string, value: Plain | undefined, most: number) => {
    if (typeof value === "string" && value.length > most)
      said.push(`${what}: ${key} has more than ${most} characters`);
  };
  for (const item of folded.lists) {
    const items = (item["items"] as readonly string[] | undefined) ?? [];
    const what = `list ${nameOf(item, "list")}`;
    if (items.length > bounds.listItems) said.push(`${what} has more than ${bounds.listItems} items`);
    for (const each of items) check(what, "an item", each, bounds.listItem);
  }
  for (const item of [...folded.macros, ...folded.rules]) {
    const what = "rule" in item ? `rule ${nameOf(item, "rule")}` : `macro ${nameOf(item, "macro")}`;
    check(what, "condition", item["condition"], bounds.condition);
    for (const key of ["output", "desc"]) check(what, key, item[key], bounds.text);
    check(what, "its name", item["rule"] ?? item["macro"], bounds.name);
  }
  return said;
}
