/** Fields that a test sets by itself: under `fields`, and by the rest of their names under `container`. */
import { parseAddress } from "../../events/addresses.ts";
import type { FieldUse, SourceCatalogue } from "../../rules/catalogue.ts";
import type { YamlMapping, YamlNode } from "../../rules/files/yaml-tree.ts";
import type { Overrides } from "./fixture.ts";
import type { Mistakes } from "./mistakes.ts";
import { byteString, scalarValue } from "./values.ts";

type Value = string | number | bigint | boolean | readonly string[] | null;

const isNumeric = (type: string) =>
  /^(U?INT|FLAGS|ENUMFLAGS|MODE$|PORT$|PID$|FD$|ERRNO$|SIGTYPE$|RELTIME$|ABSTIME$|DOUBLE$)/.test(type);

/** The value of a field of this type; a text says what is wrong with it. */
function valueFor(use: FieldUse, node: YamlNode): { value: Value } | string {
  if (node.kind === "mapping") return `${use.text} must be a value, not a mapping`;
  if (node.kind === "sequence") {
    if (!use.list && use.quantifier === "none") return `${use.text} is one value, not a list`;
    return { value: node.items.flatMap((item) => (item.kind === "scalar" ? [byteString(item.text)] : [])) };
  }
  const value = scalarValue(node);
  if (value === null) return { value };
  if (use.list) return `${use.text} is a list`;
  if (use.type === "BOOL")
    return typeof value === "boolean" ? { value } : `${use.text} must be true or false`;
  if (use.type === "IPADDR" || use.type === "IPNET") {
    const address = parseAddress(node.text);
    return address === undefined ? `${node.text} is no address` : { value: address };
  }
  if (!isNumeric(use.type)) return { value: byteString(node.text) };
  return typeof value === "number" || typeof value === "bigint" ? { value } : `${use.text} must be a number`;
}

/** Sets one field by its text, as a condition writes it. */
function set(
  to: Overrides,
  source: SourceCatalogue,
  field: string,
  node: YamlNode,
  at: YamlNode,
  mistakes: Mistakes,
): void {
  const [, name = field, argument] = /^([^[]+)(?:\[([^]*)\])?$/.exec(field) ?? [];
  const use = source.resolve(name, argument);
  if ("message" in use) {
    const [near] = use.suggestions;
    mistakes.at(at, `${use.message}${near === undefined ? "" : `, did you mean ${near}?`}`);
    return;
  }
  const found = valueFor(use, node);
  if (typeof found === "string") mistakes.at(node, found);
  else to.set(use.text, found.value);
}

/** Key `fields`: any field by its name; null makes it missing. */
export function readFields(
  mapping: YamlMapping,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): void {
  for (const { key, value } of mapping.entries) set(to, source, key.text, value, key, mistakes);
}

/** Keys below `prefix`, each a field of that name; nested mappings go on with a dot. */
export function readFieldsBelow(
  mapping: YamlMapping,
  prefix: string,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): void {
  for (const { key, value } of mapping.entries) {
    const field = `${prefix}.${key.text}`;
    if (value.kind === "mapping") readFieldsBelow(value, field, source, to, mistakes);
    else set(to, source, field, value, key, mistakes);
  }
}
