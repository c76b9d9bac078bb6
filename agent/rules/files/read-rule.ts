/** Reads a `rule:` item in all its forms (rules-files 6 and 7). */
import { Findings } from "../diagnostics/collector.ts";
import type { ErrorFinding } from "../diagnostics/finding.ts";
import type { Priority } from "../plan.ts";
import {
  invalid,
  optionalBool,
  optionalUnsigned,
  required,
  scalar,
  scalars,
  within,
  type Context,
} from "./decode.ts";
import type { BrokenItem, RuleEnableItem, RuleItem, RuleUpdateItem, RuleValues } from "./items.ts";
import { priorityHelp, toPriority } from "./priority.ts";
import { readExceptions } from "./read-exceptions.ts";
import { readOverrides, type Overridable, type Overrides } from "./read-override.ts";
import { entry, YamlScalar, type YamlMapping } from "./yaml-tree.ts";

type Base = Omit<BrokenItem, "kind" | "of">;

const overridable: Overridable = {
  append: ["condition", "output", "desc", "tags", "exceptions"],
  replace: [
    "condition",
    "output",
    "desc",
    "priority",
    "capture",
    "capture_duration",
    "tags",
    "exceptions",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
  ],
};

function readPriority(item: YamlMapping, context: Context): Priority | undefined {
  const node = required(item, "priority", context);
  if (node === undefined) return undefined;
  const priority = toPriority(node.text);
  if (priority !== undefined) return priority;
  return invalid(within(context, "rule priority", "", node), "Invalid priority", priorityHelp(node.text));
}

/** Decodes one key of a rule; an empty object where it is wrong or null. */
function readKey(item: YamlMapping, key: string, appending: boolean, context: Context): RuleValues {
  const given = <K extends keyof RuleValues>(name: K, value: RuleValues[K] | undefined): RuleValues =>
    value === undefined ? {} : { [name]: value };
  switch (key) {
    case "condition":
    case "output":
    case "desc":
      return given(key, required(item, key, context));
    case "priority":
      return given("priority", readPriority(item, context));
    case "tags": {
      const tags = entry(item, "tags");
      const words = tags === undefined ? undefined : scalars(tags.value, "tags", context);
      return given(
        "tags",
        words?.map((word) => word.text),
      );
    }
    case "exceptions":
      return given("exceptions", readExceptions(item, appending, context));
    case "enabled":
      return given("enabled", optionalBool(item, key, context));
    case "capture":
      return given("capture", optionalBool(item, key, context));
    case "capture_duration":
      return given("captureDuration", optionalUnsigned(item, key, context));
    case "warn_evttypes":
      return given("warnEvttypes", optionalBool(item, key, context));
    default:
      return given("skipIfUnknownFilter", optionalBool(item, key, context));
  }
}

function readKeys(
  item: YamlMapping,
  keys: Iterable<string>,
  appending: boolean,
  context: Context,
): RuleValues {
  let values: RuleValues = {};
  for (const key of keys) values = { ...values, ...readKey(item, key, appending, context) };
  return values;
}

/** The item's own source; null and empty count as none here. */
function looseSource(item: YamlMapping): { source?: YamlScalar } {
  const found = entry(item, "source")?.value;
  return found?.kind === "scalar" && !found.isNull && found.text !== "" ? { source: found } : {};
}

/** Of the keys an override names, those the item has; the others are reported. */
function namedKeys(
  item: YamlMapping,
  keys: readonly string[],
  named: ReadonlySet<string>,
  word: string,
  context: Context,
): string[] {
  const article = word === "append" ? "An append" : "An replace";
  const found: string[] = [];
  for (const key of keys) {
    if (!named.has(key)) continue;
    if (entry(item, key) === undefined)
      invalid(context, `${article} override for '${key}' was specified but '${key}' is not defined`);
    else found.push(key);
  }
  return found;
}

function readUpdate(base: Base, overrides: Overrides, context: Context): RuleUpdateItem {
  const { node } = base;
  const append = namedKeys(node, overridable.append, overrides.append, "append", context);
  const appended = readKeys(node, append, true, context);
  const replace = namedKeys(node, overridable.replace, overrides.replace, "replace", context);
  const replaced = readKeys(node, replace, false, context);
  const late: ErrorFinding[] = [];
  for (const key of overridable.replace) {
    const found = entry(node, key);
    if (found === undefined || overrides.append.has(key) || overrides.replace.has(key)) continue;
    const findings = new Findings();
    const message = `Unexpected key '${key}': no corresponding entry under 'override' is defined.`;
    invalid({ findings, chain: within(context, "value for", key, found.key).chain }, message);
    late.push({ ...findings.errors[0]!, chain: context.chain });
  }
  return {
    ...base,
    ...looseSource(node),
    kind: "rule-update",
    legacy: false,
    append: appended,
    replace: replaced,
    hasAppend: append.length > 0,
    late,
  };
}

/** Keys that a form of item does not look at: said, since people write them and wonder. */
function hintIgnored(node: YamlMapping, keys: readonly string[], reason: string, context: Context): void {
  for (const key of keys) {
    const found = entry(node, key);
    if (found === undefined) continue;
    context.findings.hint("TIERCEL_IGNORED_KEY", `'${key}' has no effect ${reason}`, context.chain, {
      place: within(context, "value for", key, found.key).chain.at(-1)!.place,
    });
  }
}

function readLegacyAppend(base: Base, context: Context): RuleUpdateItem {
  const { node } = base;
  const has = (key: string) => entry(node, key) !== undefined;
  if (!has("condition") && !has("exceptions"))
    context.findings.error(
      "LOAD_ERR_VALIDATE",
      "Appended rule must have exceptions or condition property",
      context.chain,
    );
  const append = readKeys(node, ["condition", "exceptions"].filter(has), true, context);
  const ignored = [
    "output",
    "desc",
    "tags",
    "priority",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
  ];
  hintIgnored(
    node,
    [...ignored, "skip-if-unknown-filter"],
    "in an item with 'append: true'; use 'override'",
    context,
  );
  return {
    ...base,
    ...looseSource(node),
    kind: "rule-update",
    legacy: true,
    append,
    replace: {},
    hasAppend: true,
    late: [],
  };
}

function readEnable(base: Base, context: Context): RuleEnableItem | undefined {
  const { node } = base;
  if (entry(node, "enabled") === undefined)
    return invalid(context, "Item has no mapping for key 'enabled'", missingKeysHelp);
  const enabled = required(node, "enabled", context) && optionalBool(node, "enabled", context);
  if (enabled === undefined) return undefined;
  context.findings.warning(
    "LOAD_DEPRECATED_ITEM",
    "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').",
    context.chain,
    { help: "write override: {enabled: replace}" },
  );
  const ignored = [
    "tags",
    "exceptions",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
  ];
  hintIgnored(node, ignored, "in an item that only switches a rule on or off; use 'override'", context);
  return { ...base, kind: "rule-enable", enabled };
}

const missingKeysHelp =
  "a new rule needs condition, output, desc and priority; to change a rule that exists add an 'override'";

/** Stands in for text that is missing or wrong, so that the rest of the rule can be checked all the same. */
const standIn = (node: YamlMapping, text: string) =>
  new YamlScalar(node.source, node.at, node.at, text, "plain");

function readDefinition(base: Base, context: Context): RuleItem {
  const { node } = base;
  const before = context.findings.errors.length;
  const condition = required(node, "condition", context);
  const output = required(node, "output", context);
  const desc = required(node, "desc", context);
  const priority = readPriority(node, context);
  const sourceEntry = entry(node, "source");
  const source = sourceEntry === undefined ? undefined : scalar(sourceEntry.value, "source", context);
  const rest = [
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
    "tags",
    "exceptions",
  ];
  const values = readKeys(node, rest, false, context);
  return {
    ...base,
    ...(source === undefined ? {} : { source }),
    kind: "rule",
    complete: context.findings.errors.length === before,
    values: {
      ...values,
      condition: condition ?? standIn(node, "evt.num=0"),
      output: output ?? standIn(node, "-"),
      desc: desc ?? base.nameNode,
      priority: priority ?? 7,
    },
  };
}

/** Reads a rule; where something is wrong, it is reported and only the name is left. */
export function readRule(
  base: Base,
  context: Context,
): RuleItem | RuleUpdateItem | RuleEnableItem | BrokenItem {
  const { node } = base;
  const before = context.findings.errors.length;
  const overrides = readOverrides(node, overridable, context);
  if (context.findings.errors.length > before) return { ...base, kind: "broken", of: "rule" };
  let item: RuleUpdateItem | RuleEnableItem | undefined;
  if (overrides.append.size + overrides.replace.size > 0) item = readUpdate(base, overrides, context);
  else if (overrides.legacyAppend) item = readLegacyAppend(base, context);
  else if (["condition", "output", "desc", "priority"].every((key) => entry(node, key) === undefined))
    item = readEnable(base, context);
  else return readDefinition(base, context);
  if (item !== undefined && context.findings.errors.length === before) return item;
  return { ...base, kind: "broken", of: "rule" };
}
