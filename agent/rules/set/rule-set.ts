/**
 * The rules of a whole cluster as one set: what the operator writes into ConfigMaps and every agent loads (design.md 3.7).
 * Plain JSON: operator and agent compile it with the same code, so that what was accepted is what runs.
 */
import type { Json } from "../canonical-json.ts";
import type { LabelSelector } from "../plan.ts";

/** Where a FalcoRule applies, with its namespace selector resolved to names. An absent part lets everything through. */
export interface SetSelector {
  /** As given, so that the operator can resolve a last good version anew. Agents go by `namespaces`. */
  readonly namespaceSelector?: LabelSelector;
  /** Sorted; empty: no namespace matches now. */
  readonly namespaces?: readonly string[];
  readonly podSelector?: LabelSelector;
  /** Matched by each agent against its node's labels. */
  readonly nodeSelector?: LabelSelector;
}

/** An accepted FalcoRule. Items have the keys of Falco's rules files, scalars are text (`"true"`, `"22"`). */
export interface SetObject {
  readonly namespace: string;
  readonly name: string;
  /** 0 to 99. */
  readonly order: number;
  readonly source?: string;
  readonly requires?: Json;
  readonly lists?: readonly Json[];
  readonly macros?: readonly Json[];
  readonly rules?: readonly Json[];
  readonly selector?: SetSelector;
  /** Names of AlertSinks: of the object's namespace, then of the operator's. */
  readonly sinks?: readonly string[];
}

/** One step of the setting `rules`. */
export interface SetChoice {
  readonly disable?: { readonly rule?: string; readonly tag?: string };
  readonly enable?: { readonly rule?: string; readonly tag?: string };
}

export interface RuleSet {
  readonly version: 1;
  /** Its objects see all nodes and may be changed only from there. */
  readonly operatorNamespace: string;
  /** Settings `rules` and `priority` of the operator: they apply to all rules. */
  readonly choices: readonly SetChoice[];
  readonly priority: string;
  /** The operator's namespace first, then the others by name; within one by (order, name). */
  readonly objects: readonly SetObject[];
}

/** Key `index.json` of the ConfigMap F-rules. The digest is SHA-256 (hex) over the set's canonical JSON (RFC 8785). */
export interface RuleSetIndex {
  readonly version: 1;
  readonly digest: string;
  /** The set without its objects. */
  readonly set: Omit<RuleSet, "objects">;
  /** ConfigMaps in order; key `objects.json` of each is a JSON array of SetObjects, all together the set's. */
  readonly shards: readonly string[];
}
