/** FalcoRules for tests of sets, as short as they get. */
import { buildCatalogue } from "../../../../agent/fields/index.ts";
import type { Json } from "../../../../agent/rules/canonical-json.ts";
import type { RuleSet, SetObject } from "../../../../agent/rules/set/rule-set.ts";
import { setObjectOf, type FalcoRuleObject } from "../../../../agent/rules/set/set-object.ts";

export const catalogue = buildCatalogue();

/** The operator's namespace in all of these tests. */
export const platform = "tiercel-system";

export const settings = { operatorNamespace: platform, choices: [], priority: "debug" } as const;

/** A rule of a condition; `more` adds or replaces keys. */
export const rule = (name: string, condition: string, more: Record<string, Json> = {}): Json => ({
  rule: name,
  desc: "d",
  condition,
  output: "o",
  priority: "NOTICE",
  ...more,
});
export const macro = (name: string, condition: string): Json => ({ macro: name, condition });
export const list = (name: string, ...items: readonly string[]): Json => ({ list: name, items });

/** `NAMESPACE/NAME` with a spec. */
export function object(key: string, spec: NonNullable<FalcoRuleObject["spec"]>): SetObject {
  const [namespace = "", name = ""] = key.split("/");
  return setObjectOf({ metadata: { namespace, name }, spec });
}

export function setOf(...objects: readonly SetObject[]): RuleSet {
  return { version: 1, ...settings, objects };
}
