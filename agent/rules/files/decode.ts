/** Decodes keys of items, with Falco's messages (rules-files 1.2). Each mistake is reported; then the value is undefined. */
import type { Findings } from "../diagnostics/collector.ts";
import type { Location } from "../diagnostics/finding.ts";
import { entry, isNull, placeOf, type YamlMapping, type YamlNode, type YamlScalar } from "./yaml-tree.ts";

/** What a decoder needs: where to report, and the chain of the item. */
export interface Context {
  readonly findings: Findings;
  readonly chain: readonly Location[];
}

/** The context of a value below an item. */
export function within(context: Context, type: Location["type"], name: string, node: YamlNode): Context {
  return { findings: context.findings, chain: [...context.chain, { type, name, place: placeOf(node) }] };
}

/** Reports a mistake in the shape of the file. */
export function invalid(context: Context, message: string, help?: string): undefined {
  context.findings.error(
    "LOAD_ERR_YAML_VALIDATE",
    message,
    context.chain,
    help === undefined ? {} : { help },
  );
  return undefined;
}

/** The scalar of a required key. */
export function required(item: YamlMapping, key: string, context: Context): YamlScalar | undefined {
  const found = entry(item, key);
  if (found === undefined) return invalid(context, `Item has no mapping for key '${key}'`);
  return scalar(found.value, key, context);
}

/** The scalar of a key that may be absent or null. */
export function optional(item: YamlMapping, key: string, context: Context): YamlScalar | undefined {
  const found = entry(item, key);
  if (found === undefined || isNull(found.value)) return undefined;
  return scalar(found.value, key, context);
}

/** The value of a key as a scalar with some text. */
export function scalar(value: YamlNode, key: string, context: Context): YamlScalar | undefined {
  const at = within(context, "value for", key, value);
  if (isNull(value)) return invalid(at, `Mapping for key '${key}' is empty`);
  if (value.kind !== "scalar") return invalid(at, "Value is not a scalar value");
  if (value.text === "") return invalid(at, "Value must be non-empty");
  return value;
}

const truths = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const falsehoods = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

/** yaml-cpp's bool; undefined for any other text. */
export function toBool(text: string): boolean | undefined {
  if (truths.test(text)) return true;
  return falsehoods.test(text) ? false : undefined;
}

/** A bool that may be absent. */
export function optionalBool(item: YamlMapping, key: string, context: Context): boolean | undefined {
  const value = optional(item, key, context);
  if (value === undefined) return undefined;
  const decoded = toBool(value.text);
  if (decoded !== undefined) return decoded;
  return invalid(
    within(context, "value for", key, value),
    "Can't decode YAML scalar value",
    "write true or false",
  );
}

/** yaml-cpp's unsigned 32-bit number; undefined for any other text. */
export function toUnsigned(text: string): number | undefined {
  const number = /^\+?\d+$/.test(text)
    ? Number(text)
    : /^0x[0-9a-f]+$/i.test(text)
      ? Number(text)
      : Number.NaN;
  return number <= 0xffffffff ? number : undefined;
}

/** An unsigned number that may be absent. */
export function optionalUnsigned(item: YamlMapping, key: string, context: Context): number | undefined {
  const value = optional(item, key, context);
  if (value === undefined) return undefined;
  const decoded = toUnsigned(value.text);
  if (decoded !== undefined) return decoded;
  return invalid(
    within(context, "value for", key, value),
    "Can't decode YAML scalar value",
    "write a number of milliseconds, digits only",
  );
}

/** A sequence of scalars that stands at a key; null is neither a sequence nor, as an element, a scalar. */
export function scalars(value: YamlNode, key: string, context: Context): readonly YamlScalar[] | undefined {
  const at = within(context, "value for", key, value);
  if (value.kind !== "sequence")
    return invalid(at, "Value is not a sequence", `write ${key}: [] where there is none`);
  const found: YamlScalar[] = [];
  let whole = true;
  for (const item of value.items) {
    if (item.kind === "scalar" && !item.isNull) found.push(item);
    else {
      invalid(within(at, "list item", "", item), "sequence value is not scalar");
      whole = false;
    }
  }
  return whole ? found : undefined;
}
