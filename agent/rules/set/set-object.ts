/** FalcoRules in the form they have in a set: scalars as text, nothing that says nothing. */
import type { Json } from "../canonical-json.ts";
import { defaultOrder } from "../files/manifest.ts";
import type { LabelSelector } from "../plan.ts";
import type { SetObject, SetSelector } from "./rule-set.ts";

/** Depth and number of nodes an item may have in a set: far beyond any real one, bounds what aliases can multiply. */
export const maxDepth = 8;
export const maxNodes = 200_000;

/** A FalcoRule as the API gives it; only what a set takes from it. */
export interface FalcoRuleObject {
  readonly metadata?: { readonly namespace?: string; readonly name?: string };
  readonly spec?: {
    readonly source?: string;
    readonly order?: number;
    readonly requires?: unknown;
    readonly lists?: readonly unknown[];
    readonly macros?: readonly unknown[];
    readonly rules?: readonly unknown[];
    readonly sinks?: readonly string[];
    readonly selector?: {
      readonly namespaceSelector?: LabelSelector;
      readonly podSelector?: LabelSelector;
      readonly nodeSelector?: LabelSelector;
    };
  };
}

/** A value with every scalar as text, as rules files have it. What lies beyond the bounds is left out. */
function asText(value: unknown, budget: { left: number }, depth = 0): Json {
  if (value === null || value === undefined || depth > maxDepth || budget.left-- <= 0) return null;
  if (Array.isArray(value)) return value.map((each) => asText(each, budget, depth + 1));
  if (typeof value === "object")
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== "__proto__")
        .map(([key, each]) => [key, asText(each, budget, depth + 1)]),
    );
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface Parts extends Omit<SetObject, "source" | "sinks" | "selector" | "requires"> {
  readonly source?: string | undefined;
  readonly requires?: Json | undefined;
  readonly sinks?: readonly string[] | undefined;
  readonly selector?: SetSelector | undefined;
}

const given = <Key extends string, Value>(key: Key, value: Value | undefined, empty: boolean) =>
  value === undefined || empty ? {} : ({ [key]: value } as Record<Key, Value>);

const isEmpty = (list: readonly unknown[] | undefined) => list === undefined || list.length === 0;

/** An object of a set: what is empty, or says what is so anyway, is left out, so that one meaning has one digest. */
export function setObject(parts: Parts): SetObject {
  const { namespace, name, order, source, requires, lists, macros, rules, sinks, selector } = parts;
  return {
    namespace,
    name,
    order,
    ...given("source", source, source === "" || source === "syscall"),
    ...given("requires", requires, requires === null),
    ...given("lists", lists, isEmpty(lists)),
    ...given("macros", macros, isEmpty(macros)),
    ...given("rules", rules, isEmpty(rules)),
    ...given("selector", selector, Object.keys(selector ?? {}).length === 0),
    ...given("sinks", sinks, isEmpty(sinks)),
  };
}

/** A FalcoRule of the API as an object of a set; `namespaces` are those its namespace selector selects now, sorted. */
export function setObjectOf(object: FalcoRuleObject, namespaces?: readonly string[]): SetObject {
  const { metadata, spec = {} } = object;
  const { namespaceSelector, podSelector, nodeSelector } = spec.selector ?? {};
  const items = (list: readonly unknown[] | undefined) => {
    const budget = { left: maxNodes };
    return list?.map((each) => asText(each, budget));
  };
  return setObject({
    namespace: metadata?.namespace ?? "",
    name: metadata?.name ?? "",
    order: spec.order ?? defaultOrder,
    source: spec.source,
    requires: spec.requires === undefined ? undefined : asText(spec.requires, { left: maxNodes }),
    ...given("lists", items(spec.lists), false),
    ...given("macros", items(spec.macros), false),
    ...given("rules", items(spec.rules), false),
    sinks: spec.sinks,
    selector: {
      ...given("namespaceSelector", namespaceSelector, false),
      ...given("namespaces", namespaces, namespaceSelector === undefined),
      ...given("podSelector", podSelector, false),
      ...given("nodeSelector", nodeSelector, false),
    },
  });
}
