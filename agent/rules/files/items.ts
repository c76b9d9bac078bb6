/** Items of rules files as read: decoded and checked one by one, not yet put together. */
import type { ErrorFinding, Location } from "../diagnostics/finding.ts";
import type { Priority, RuleSelector } from "../plan.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "./yaml-tree.ts";

/** The file or object items come from. */
export interface Origin {
  readonly namespace: string;
  /** Name of the object, or of the file. */
  readonly object: string;
  /** Source of rules that name none. */
  readonly source?: string;
  readonly sinks?: readonly string[];
  readonly selector?: RuleSelector;
}

interface Item {
  readonly name: string;
  readonly nameNode: YamlScalar;
  readonly node: YamlMapping;
  /** Chain up to this item. */
  readonly chain: readonly Location[];
  readonly origin: Origin;
}

export type Change = "define" | "append" | "replace";

export interface ListItem extends Item {
  readonly kind: "list";
  readonly change: Change;
  readonly items: readonly YamlScalar[];
}

export interface MacroItem extends Item {
  readonly kind: "macro";
  readonly change: Change;
  readonly condition: YamlScalar;
}

/** An exception of a rule; `fields` is empty only where an append names an exception of the base. */
export interface ExceptionItem {
  readonly name: string;
  readonly node: YamlMapping;
  readonly chain: readonly Location[];
  /** True for the list form, false for the single form. */
  readonly isList: boolean;
  readonly fields: readonly YamlScalar[];
  /** The nodes of comps; undefined where the item has none. A scalar in the list form is kept apart. */
  readonly comps?: { readonly isList: boolean; readonly operators: readonly YamlScalar[] };
  /** Undefined where the item has no `values`. */
  readonly values?: readonly YamlNode[];
  readonly valuesNode?: YamlNode;
}

/** Values of a rule's keys; each absent where the item does not give it. */
export interface RuleValues {
  readonly condition?: YamlScalar;
  readonly output?: YamlScalar;
  readonly desc?: YamlScalar;
  readonly priority?: Priority;
  readonly tags?: readonly string[];
  readonly exceptions?: readonly ExceptionItem[];
  readonly enabled?: boolean;
  readonly capture?: boolean;
  readonly captureDuration?: number;
  readonly warnEvttypes?: boolean;
  readonly skipIfUnknownFilter?: boolean;
}

export interface RuleItem extends Item {
  readonly kind: "rule";
  /** False where a key was missing or wrong and a stand-in is in its place: the set is refused anyway. */
  readonly complete: boolean;
  /** As given; undefined where the item has none. */
  readonly source?: YamlScalar;
  readonly values: RuleValues & {
    readonly condition: YamlScalar;
    readonly output: YamlScalar;
    readonly desc: YamlScalar;
    readonly priority: Priority;
  };
}

export interface RuleUpdateItem extends Item {
  readonly kind: "rule-update";
  readonly source?: YamlScalar;
  /** The deprecated `append: true`. */
  readonly legacy: boolean;
  readonly append: RuleValues;
  readonly replace: RuleValues;
  readonly hasAppend: boolean;
  /** Errors that Falco finds only after it has applied the update. */
  readonly late: readonly ErrorFinding[];
}

export interface RuleEnableItem extends Item {
  readonly kind: "rule-enable";
  readonly enabled: boolean;
}

/** A list, macro or rule with mistakes of its own: its name is known, nothing else. */
export interface BrokenItem extends Item {
  readonly kind: "broken";
  readonly of: "list" | "macro" | "rule";
}

export type NamedItem = ListItem | MacroItem | RuleItem | RuleUpdateItem | RuleEnableItem | BrokenItem;

/** One of several plugins that satisfy a requirement, in the order they are asked for. */
export interface PluginChoice {
  readonly name: string;
  readonly version: string;
}

export interface PluginRequirement {
  readonly choices: readonly PluginChoice[];
  readonly chain: readonly Location[];
}
