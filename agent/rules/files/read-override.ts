/** Reads `override:` (rules-files 7.3). */
import { nearest } from "../condition/nearest.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { invalid, optionalBool, within, type Context } from "./decode.ts";
import { entry, type YamlMapping } from "./yaml-tree.ts";

/** Keys of a kind of item that can be appended to and replaced. */
export interface Overridable {
  readonly append: readonly string[];
  readonly replace: readonly string[];
}

export interface Overrides {
  readonly append: ReadonlySet<string>;
  readonly replace: ReadonlySet<string>;
  /** The deprecated `append: true`. */
  readonly legacyAppend: boolean;
}

const legacyMessage =
  "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";
const bothMessage =
  "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";

function readOperations(
  item: YamlMapping,
  keys: Overridable,
  context: Context,
): Pick<Overrides, "append" | "replace"> {
  const append = new Set<string>();
  const replace = new Set<string>();
  const found = entry(item, "override");
  if (found?.value.kind !== "mapping") return { append, replace };
  const inside = within(context, "overrides", "", found.value);
  for (const { key, value } of found.value.entries) {
    const operation = value.kind === "scalar" ? value.text : "";
    const at = within(
      inside,
      "value for",
      key.text,
      value.kind === "scalar" && value.text === "" ? key : value,
    );
    const allowed = [
      ...(keys.append.includes(key.text) ? ["append"] : []),
      ...(keys.replace.includes(key.text) ? ["replace"] : []),
    ];
    const known = [...new Set([...keys.append, ...keys.replace])];
    if (operation === "append") {
      if (keys.append.includes(key.text)) append.add(key.text);
      else
        invalid(
          at,
          `Key '${key.text}' cannot be appended to, use 'replace' instead`,
          didYouMean(nearest(key.text, keys.append)),
        );
    } else if (operation === "replace") {
      if (keys.replace.includes(key.text)) replace.add(key.text);
      else invalid(at, `Key '${key.text}' cannot be replaced`, didYouMean(nearest(key.text, known)));
    } else if (allowed.length === 0)
      invalid(at, `Key '${key.text}' cannot be replaced`, didYouMean(nearest(key.text, known)));
    else
      invalid(
        at,
        `Invalid override operation for key '${key.text}': '${operation}'. Allowed values are: ${allowed.map((each) => `${each} `).join("")}`,
      );
  }
  return { append, replace };
}

/** What an item overrides and appends, mistakes reported. */
export function readOverrides(item: YamlMapping, keys: Overridable, context: Context): Overrides {
  const legacyAppend = optionalBool(item, "append", context) ?? false;
  const appendNode = entry(item, "append");
  const at = appendNode === undefined ? context : within(context, "value for", "append", appendNode.key);
  if (legacyAppend)
    context.findings.warning("LOAD_DEPRECATED_ITEM", legacyMessage, context.chain, {
      help: `write override: {${keys.append[0]}: append}`,
      ...(at.chain.at(-1) === undefined ? {} : { place: at.chain.at(-1)!.place }),
    });
  const operations = readOperations(item, keys, context);
  const overrides = operations.append.size + operations.replace.size > 0;
  if (legacyAppend && overrides) invalid(context, bothMessage);
  return { ...operations, legacyAppend };
}
