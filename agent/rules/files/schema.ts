/** Falco's JSON schema of rules files, which is informational only (rules-files 1.3). */
import type { YamlNode } from "./yaml-tree.ts";

type Check = (node: YamlNode, path: string, report: (message: string) => void) => void;

const isNumber = (text: string) => /^[+-]?\d+$/.test(text);
const isBool = (text: string) => /^(?:true|false|yes|no|on|off|y|n)$/i.test(text);

const scalarOf =
  (wanted: string, fits: (text: string) => boolean): Check =>
  (node, path, report) => {
    if (node.kind !== "scalar" || !fits(node.text)) report(`failed for ${path}: must be ${wanted}`);
  };

const text = scalarOf("a string", () => true);
const bool = scalarOf("a boolean", isBool);
const integer = scalarOf("an integer", isNumber);

const listOf =
  (item: Check): Check =>
  (node, path, report) => {
    if (node.kind !== "sequence") return report(`failed for ${path}: must be an array`);
    for (const [index, each] of node.items.entries()) item(each, `${path}[${index}]`, report);
  };

const either =
  (one: Check, other: Check): Check =>
  (node, path, report) =>
    (node.kind === "sequence" ? other : one)(node, path, report);

const oneOf =
  (...words: readonly string[]): Check =>
  (node, path, report) => {
    if (node.kind !== "scalar" || !words.includes(node.text))
      report(`failed for ${path}: must be one of ${words.join(", ")}`);
  };

const anything: Check = () => undefined;

const objectOf =
  (keys: Readonly<Record<string, Check>>, required: readonly string[] = []): Check =>
  (node, path, report) => {
    if (node.kind !== "mapping") return report(`failed for ${path}: must be an object`);
    for (const { key, value } of node.entries) {
      const check = Object.hasOwn(keys, key.text) ? keys[key.text] : undefined;
      if (check === undefined) report(`failed for ${path}: unknown key '${key.text}'`);
      else check(value, `${path}.${key.text}`, report);
    }
    for (const key of required)
      if (!node.entries.some((entry) => entry.key.text === key))
        report(`failed for ${path}: missing key '${key}'`);
  };

const operation = oneOf("append", "replace");

const exception = objectOf(
  { name: text, fields: either(text, listOf(text)), comps: either(text, listOf(text)), values: anything },
  ["name"],
);

const pluginVersion = objectOf(
  {
    name: text,
    version: text,
    alternatives: listOf(objectOf({ name: text, version: text }, ["name", "version"])),
  },
  ["name", "version"],
);

/** One flat object for items of all kinds. */
const item = objectOf({
  required_engine_version: text,
  required_plugin_versions: listOf(pluginVersion),
  macro: text,
  condition: text,
  list: text,
  items: listOf(scalarOf("an integer or a string", () => true)),
  rule: text,
  desc: text,
  enabled: bool,
  output: text,
  append: bool,
  priority: oneOf(
    "EMERGENCY",
    "ALERT",
    "CRITICAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "INFORMATIONAL",
    "DEBUG",
  ),
  source: text,
  exceptions: listOf(exception),
  override: objectOf(
    Object.fromEntries(
      [
        "append",
        "capture",
        "capture_duration",
        "condition",
        "desc",
        "enabled",
        "exceptions",
        "items",
        "output",
        "priority",
        "skip-if-unknown-filter",
        "tags",
        "warn_evttypes",
      ].map((key) => [key, operation]),
    ),
  ),
  capture: bool,
  capture_duration: integer,
  tags: listOf(text),
  warn_evttypes: bool,
  "skip-if-unknown-filter": bool,
});

/** No reader needs more of them. */
const maxMessages = 100;

/** What the schema does not like about the documents of a file; empty where it is content. */
export function schemaWarnings(roots: readonly YamlNode[]): string[] {
  const messages: string[] = [];
  const report = (message: string) => {
    if (messages.length < maxMessages) messages.push(message);
  };
  for (const root of roots)
    if (root.kind === "sequence")
      for (const [index, each] of root.items.entries())
        if (each.kind !== "scalar" || !each.isNull) item(each, `<root>[${index}]`, report);
  return messages;
}
