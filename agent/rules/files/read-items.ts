/** Reads the items of a rules file, one by one (rules-files 1.1, 4, 5). */
import type { Catalogue } from "../catalogue.ts";
import type { Location } from "../diagnostics/finding.ts";
import { nearest } from "../condition/nearest.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { invalid, required, scalars, within, type Context } from "./decode.ts";
import type {
  BrokenItem,
  Change,
  ListItem,
  MacroItem,
  NamedItem,
  Origin,
  PluginRequirement,
} from "./items.ts";
import { readOverrides, type Overrides } from "./read-override.ts";
import { readRule } from "./read-rule.ts";
import { readEngineVersion, readPluginVersions, type Version } from "./versions.ts";
import { entry, isNull, placeOf, YamlScalar, type YamlMapping, type YamlNode } from "./yaml-tree.ts";

/** Where read items go. */
export interface ItemVisitor {
  item(item: NamedItem): void;
  requirement(requirement: PluginRequirement): void;
  /** Told each engine version that is asked for. */
  engineVersion?(version: Version): void;
}

/** Kinds of items with their keys, in the order in which the kind is told. */
export const itemKinds = {
  required_engine_version: ["required_engine_version"],
  required_plugin_versions: ["required_plugin_versions"],
  list: ["list", "items", "append", "override"],
  macro: ["macro", "condition", "append", "override"],
  rule: [
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "tags",
    "exceptions",
    "override",
    "append",
  ],
} as const;

type Kind = keyof typeof itemKinds;
type Named = "list" | "macro" | "rule";

const kinds = Object.keys(itemKinds) as Kind[];

/** Near misses that are no misspelling. */
const otherWords: Readonly<Record<string, string>> = {
  description: "desc",
  severity: "priority",
  level: "priority",
  alert: "priority",
  message: "output",
  tag: "tags",
  exception: "exceptions",
  disabled: "enabled",
  skip_if_unknown_filter: "skip-if-unknown-filter",
  cond: "condition",
};

function warnUnknownKeys(item: YamlMapping, kind: Kind, context: Context): void {
  const known: readonly string[] = itemKinds[kind];
  for (const { key } of item.entries) {
    if (known.includes(key.text)) continue;
    const meant = otherWords[key.text];
    const near = meant !== undefined && known.includes(meant) ? [meant] : nearest(key.text, known);
    const help = didYouMean(near);
    context.findings.warning(
      "LOAD_UNKNOWN_KEY",
      `Unknown key '${key.text}'. The key will be ignored.`,
      context.chain,
      { place: placeOf(key), ...(help === undefined ? {} : { help }) },
    );
  }
}

function changeOf(overrides: Overrides, key: string): Change {
  if (overrides.legacyAppend || overrides.append.has(key)) return "append";
  return overrides.replace.has(key) ? "replace" : "define";
}

type Base = Omit<BrokenItem, "kind" | "of">;

function readList(base: Base, context: Context): ListItem | BrokenItem {
  const before = context.findings.errors.length;
  const overrides = readOverrides(base.node, { append: ["items"], replace: ["items"] }, context);
  const found = entry(base.node, "items");
  if (found === undefined) invalid(context, "Item has no mapping for key 'items'");
  const items = found === undefined ? undefined : scalars(found.value, "items", context);
  if (!/^[^()"'\s=,]+$/.test(base.name))
    context.findings.warning(
      "LOAD_INVALID_LIST_NAME",
      `List has an invalid name. List names should match a regular expression: [^()"'[:space:]=,]+`,
      context.chain,
      { place: placeOf(base.nameNode) },
    );
  if (items === undefined || context.findings.errors.length > before)
    return { ...base, kind: "broken", of: "list" };
  return { ...base, kind: "list", change: changeOf(overrides, "items"), items };
}

function readMacro(base: Base, context: Context): MacroItem | BrokenItem {
  const before = context.findings.errors.length;
  const overrides = readOverrides(base.node, { append: ["condition"], replace: ["condition"] }, context);
  const condition = required(base.node, "condition", context);
  if (!/^[a-zA-Z]+[a-zA-Z0-9_]*$/.test(base.name))
    context.findings.warning(
      "LOAD_INVALID_MACRO_NAME",
      "Macro has an invalid name. Macro names should match a regular expression: [a-zA-Z]+[a-zA-Z0-9_]*",
      context.chain,
      { place: placeOf(base.nameNode) },
    );
  if (condition === undefined || context.findings.errors.length > before)
    return { ...base, kind: "broken", of: "macro" };
  return { ...base, kind: "macro", change: changeOf(overrides, "condition"), condition };
}

/** Reads a list, macro or rule; undefined where it has no name. */
export function readNamed(
  node: YamlMapping,
  kind: Named,
  origin: Origin,
  outer: Context,
): NamedItem | undefined {
  const nameNode = required(node, kind, within(outer, kind, "", node));
  const name = nameNode?.text ?? "";
  const context = within(outer, kind, name, node);
  warnUnknownKeys(node, kind, context);
  const base: Base = {
    name,
    nameNode: nameNode ?? new YamlScalar(node.source, node.at, node.at, "", "plain"),
    node,
    chain: context.chain,
    origin,
  };
  const item =
    kind === "rule"
      ? readRule(base, context)
      : kind === "macro"
        ? readMacro(base, context)
        : readList(base, context);
  return nameNode === undefined ? undefined : item;
}

function readItem(
  node: YamlNode,
  origin: Origin,
  catalogue: Catalogue,
  visitor: ItemVisitor,
  outer: Context,
): void {
  if (isNull(node)) return;
  if (node.kind !== "mapping") {
    const at = within(outer, "rules content item", "", node);
    invalid(at, "Unexpected element type. Each element should be a yaml associative array.");
    return;
  }
  const kind = kinds.find((each) => entry(node, each) !== undefined);
  if (kind === undefined) {
    const at = within(outer, "rules content item", "", node);
    const near = node.entries.flatMap(({ key }) => nearest(key.text, kinds));
    const help = didYouMean(near);
    outer.findings.warning(
      "LOAD_UNKNOWN_ITEM",
      "Unknown top level item",
      at.chain,
      help === undefined ? {} : { help },
    );
    return;
  }
  if (kind === "list" || kind === "macro" || kind === "rule") {
    const item = readNamed(node, kind, origin, outer);
    if (item !== undefined) visitor.item(item);
    return;
  }
  if (kind === "required_engine_version") {
    const version = readEngineVersion(node, catalogue.engineVersion, outer);
    if (version !== undefined) visitor.engineVersion?.(version);
  } else
    for (const requirement of readPluginVersions(entry(node, kind)!.value, outer))
      visitor.requirement(requirement);
  warnUnknownKeys(
    node,
    kind,
    within(outer, kind === "required_engine_version" ? kind : "required plugin versions", "", node),
  );
}

/** Reads the items of one YAML document that is a sequence. */
export function readItems(
  items: readonly YamlNode[],
  origin: Origin,
  catalogue: Catalogue,
  visitor: ItemVisitor,
  context: Context,
): void {
  for (const node of items) readItem(node, origin, catalogue, visitor, context);
}

/** The chain every finding of a file starts with. */
export function fileChain(place: Location["place"]): readonly Location[] {
  return [{ type: "rules content", name: "", place: { ...place, at: 0, end: 0 } }];
}
