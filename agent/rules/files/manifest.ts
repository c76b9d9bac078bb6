/** FalcoRule manifests as rules files (design: files without a cluster). */
import type { Catalogue } from "../catalogue.ts";
import type { LabelSelector, RuleSelector } from "../plan.ts";
import { nearest } from "../condition/nearest.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { invalid, optional, required, scalars, toUnsigned, within, type Context } from "./decode.ts";
import type { Origin } from "./items.ts";
import { readNamed, type ItemVisitor } from "./read-items.ts";
import { readManifestEngineVersion, readPluginVersions } from "./versions.ts";
import {
  entry,
  get,
  isNull,
  mappingAt,
  placeOf,
  textAt,
  type YamlMapping,
  type YamlNode,
} from "./yaml-tree.ts";

export const manifestKind = "FalcoRule";
const group = "tiercel.dev/";
/** The order of an object that gives none. */
export const defaultOrder = 50;

const specKeys = ["source", "order", "requires", "lists", "macros", "rules", "selector", "sinks"];

/** True for a FalcoRule of any version of our API. */
export function isManifest(root: YamlNode): root is YamlMapping {
  return textAt(root, "kind") === manifestKind && (textAt(root, "apiVersion") ?? "").startsWith(group);
}

/** The objects of a document: itself, or the items of a List. */
function objectsOf(root: YamlNode): readonly YamlNode[] {
  if (root.kind !== "mapping" || !/List$/.test(textAt(root, "kind") ?? "")) return [root];
  const items = get(root, "items");
  return items?.kind === "sequence" ? items.items : [root];
}

function readLabelSelector(
  node: YamlNode | undefined,
  key: string,
  context: Context,
): LabelSelector | undefined {
  if (node === undefined || isNull(node)) return undefined;
  const at = within(context, "value for", key, node);
  if (node.kind !== "mapping") return invalid(at, "A label selector must be a mapping");
  const labels = mappingAt(node, "matchLabels")?.entries.map(({ key, value }): [string, string] => [
    key.text,
    value.kind === "scalar" ? value.text : "",
  ]);
  const expressions = get(node, "matchExpressions");
  const read =
    expressions?.kind === "sequence" ? expressions.items.map((each) => readExpression(each, at)) : undefined;
  return {
    ...(labels === undefined ? {} : { matchLabels: Object.fromEntries(labels) }),
    ...(read === undefined ? {} : { matchExpressions: read.filter((each) => each !== undefined) }),
  };
}

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];
const operators = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

function readExpression(node: YamlNode, context: Context): Expression | undefined {
  const at = within(context, "value for", "matchExpressions", node);
  if (node.kind !== "mapping") return invalid(at, "A match expression must be a mapping");
  const key = required(node, "key", at)?.text;
  const word = required(node, "operator", at)?.text;
  const operator = operators.find((each) => each === word);
  if (word !== undefined && operator === undefined)
    invalid(at, `Unknown operator '${word}'`, `write one of ${operators.join(", ")}`);
  if (key === undefined || operator === undefined) return undefined;
  const values = get(node, "values");
  const texts = values === undefined ? undefined : scalars(values, "values", at)?.map((each) => each.text);
  return { key, operator, ...(texts === undefined ? {} : { values: texts }) };
}

function readSelector(spec: YamlMapping, context: Context): RuleSelector | undefined {
  const selector = mappingAt(spec, "selector");
  if (selector === undefined) return undefined;
  const parts = ["namespaceSelector", "podSelector", "nodeSelector"] as const;
  const read = parts.map((part) => [part, readLabelSelector(get(selector, part), part, context)] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

function readOrigin(root: YamlMapping, spec: YamlMapping, namespace: string, context: Context): Origin {
  const source = optional(spec, "source", context)?.text;
  const sinksNode = get(spec, "sinks");
  const sinks =
    sinksNode === undefined || isNull(sinksNode) ? undefined : scalars(sinksNode, "sinks", context);
  const selector = readSelector(spec, context);
  return {
    namespace,
    object: textAt(root, "metadata", "name") ?? "",
    ...(source === undefined ? {} : { source }),
    ...(sinks === undefined || sinks.length === 0 ? {} : { sinks: sinks.map((each) => each.text) }),
    ...(selector === undefined || Object.keys(selector).length === 0 ? {} : { selector }),
  };
}

/** All FalcoRules of a file's documents in the order in which they are compiled, and the other documents. */
export function sortManifests(roots: readonly YamlNode[]): {
  readonly manifests: readonly YamlMapping[];
  readonly others: readonly YamlNode[];
} {
  const manifests: YamlMapping[] = [];
  const others: YamlNode[] = [];
  for (const root of roots) {
    const objects = objectsOf(root);
    if (objects.length > 0 && objects.every(isManifest)) manifests.push(...objects);
    else others.push(root);
  }
  const name = (object: YamlMapping) => textAt(object, "metadata", "name") ?? "";
  manifests.sort((left, right) => orderOf(left) - orderOf(right) || (name(left) < name(right) ? -1 : 1));
  return { manifests, others };
}

/** The number objects of a namespace are ordered by, 0 to 99. */
function orderOf(root: YamlNode): number {
  return toUnsigned(textAt(root, "spec", "order") ?? "") ?? defaultOrder;
}

function readSpecKey(
  spec: YamlMapping,
  key: "list" | "macro" | "rule",
  origin: Origin,
  visitor: ItemVisitor,
  context: Context,
) {
  const items = get(spec, `${key}s`);
  if (items === undefined || isNull(items)) return;
  if (items.kind !== "sequence") {
    invalid(within(context, "value for", `${key}s`, items), "Value is not a sequence");
    return;
  }
  for (const node of items.items) {
    if (node.kind !== "mapping") {
      const message = "Unexpected element type. Each element should be a yaml associative array.";
      invalid(within(context, "rules content item", "", node), message);
      continue;
    }
    const item = readNamed(node, key, origin, context);
    if (item !== undefined) visitor.item(item);
  }
}

function warnUnknownKeys(spec: YamlMapping, context: Context): void {
  for (const { key } of spec.entries) {
    if (specKeys.includes(key.text)) continue;
    const help = didYouMean(nearest(key.text, specKeys));
    context.findings.warning(
      "LOAD_UNKNOWN_KEY",
      `Unknown key '${key.text}'. The key will be ignored.`,
      context.chain,
      {
        place: placeOf(key),
        ...(help === undefined ? {} : { help }),
      },
    );
  }
}

/** Reads one FalcoRule; the visitor's `object` is called with its origin before its items are visited. */
export function readManifest(
  root: YamlMapping,
  namespace: string,
  catalogue: Catalogue,
  visitor: ItemVisitor & { object(origin: Origin, order: number): void },
  context: Context,
): void {
  const spec = mappingAt(root, "spec");
  if (spec === undefined) {
    invalid(within(context, "rules content item", "", root), "Item has no mapping for key 'spec'");
    return;
  }
  const origin = readOrigin(root, spec, namespace, context);
  visitor.object(origin, orderOf(root));
  warnUnknownKeys(spec, context);
  readSpec(spec, origin, catalogue, visitor, context);
}

/** Reads what a FalcoRule requires, then its lists, macros and rules. */
export function readSpec(
  spec: YamlMapping,
  origin: Origin,
  catalogue: Catalogue,
  visitor: ItemVisitor,
  context: Context,
): void {
  const requires = mappingAt(spec, "requires");
  const version = requires === undefined ? undefined : entry(requires, "engineVersion");
  const asked =
    version === undefined
      ? undefined
      : readManifestEngineVersion(version.value, catalogue.engineVersion, context);
  if (asked !== undefined) visitor.engineVersion?.(asked);
  const plugins = requires === undefined ? undefined : entry(requires, "plugins");
  if (plugins !== undefined && !isNull(plugins.value))
    for (const requirement of readPluginVersions(plugins.value, context)) visitor.requirement(requirement);
  for (const key of ["list", "macro", "rule"] as const) readSpecKey(spec, key, origin, visitor, context);
}
