/** Folded items as FalcoRule objects, and as a rules file. */
import type { RuleSelector } from "../../rules/plan.ts";
import type { Folded } from "./fold.ts";
import { split } from "./split.ts";
import type { Plain, PlainObject } from "./values.ts";

export interface ObjectNames {
  readonly name: string;
  readonly namespace?: string;
  /** Place among the objects of one conversion; undefined where there is one. */
  readonly order?: number;
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
  const digits = Math.max(2, String(parts.length).length);
  return parts.map((part, index) => ({
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: {
      name: parts.length === 1 ? names.name : `${names.name}-${String(index + 1).padStart(digits, "0")}`,
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
