/** YAML nodes and table entries as plain values, ready to be written. */
import { priorityNames } from "../../rules/plan.ts";
import type { ExceptionItem, RuleValues } from "../../rules/files/items.ts";
import type { ExceptionEntry, MacroEntry, RuleEntry } from "../../rules/files/tables.ts";
import type { YamlNode } from "../../rules/files/yaml-tree.ts";

export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain | undefined;
}

/** Nothing of rules is nested deeper. */
const maxDepth = 12;

/** A node as plain values; every scalar is text. */
export function plain(node: YamlNode, depth = 0): Plain {
  if (depth > maxDepth) return null;
  if (node.kind === "scalar") return node.isNull ? null : node.text;
  if (node.kind === "sequence") return node.items.map((item) => plain(item, depth + 1));
  return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, plain(value, depth + 1)]));
}

/** Text as written, without the line end that folding leaves. */
const text = (written: string) => written.replace(/\s+$/, "");

export const macroObject = ({ name, condition }: MacroEntry): PlainObject => ({
  macro: name,
  condition: text(condition.text),
});

function exceptionEntry(entry: ExceptionEntry): PlainObject {
  const { name, isList, fields, operators, values } = entry;
  const usual = isList ? "=" : "in";
  const comps = operators.every((operator) => operator === usual)
    ? undefined
    : isList
      ? operators
      : operators[0];
  return {
    name,
    fields: isList ? fields.map((field) => field.text) : fields[0]?.text,
    comps,
    ...(values.length === 0 ? {} : { values: values.map((value) => plain(value)) }),
  };
}

/** A whole rule; keys that have their default are left out. */
export function ruleObject(rule: RuleEntry): PlainObject {
  const { name, desc, condition, output, priority, source, tags, exceptions } = rule;
  return {
    rule: name,
    desc: text(desc),
    condition: text(condition.text),
    output: output.text,
    priority: priorityNames[priority].toUpperCase(),
    source: source === "syscall" ? undefined : source,
    tags: tags.size === 0 ? undefined : [...tags],
    enabled: rule.enabled ? undefined : false,
    exceptions: exceptions.length === 0 ? undefined : exceptions.map(exceptionEntry),
    capture: rule.capture ? true : undefined,
    capture_duration: rule.captureDuration === 0 ? undefined : rule.captureDuration,
    warn_evttypes: rule.warnEvttypes ? undefined : false,
    "skip-if-unknown-filter": rule.skipIfUnknownFilter ? true : undefined,
  };
}

/** An exception as an item gives it. */
export function exceptionItem({ name, isList, fields, comps, values }: ExceptionItem): PlainObject {
  const words = fields.map((field) => field.text);
  const operators = comps?.operators.map((node) => node.text);
  return {
    name,
    fields: words.length === 0 ? undefined : isList ? words : words[0],
    comps: comps === undefined ? undefined : comps.isList ? operators : operators?.[0],
    values: values?.map((value) => plain(value)),
  };
}

/** Values of a change by the keys of a rules file. */
export function changedValues(values: RuleValues): PlainObject {
  const { condition, output, desc, priority, tags, exceptions } = values;
  return {
    condition: condition === undefined ? undefined : text(condition.text),
    output: output?.text.trim(),
    desc: desc === undefined ? undefined : text(desc.text),
    priority: priority === undefined ? undefined : priorityNames[priority].toUpperCase(),
    tags,
    exceptions: exceptions?.map(exceptionItem),
    enabled: values.enabled,
    capture: values.capture,
    capture_duration: values.captureDuration,
    warn_evttypes: values.warnEvttypes,
    "skip-if-unknown-filter": values.skipIfUnknownFilter,
  };
}
