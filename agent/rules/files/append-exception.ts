/** An exception appended to those a rule has (rules-files 8.4). */
import type { Findings } from "../diagnostics/collector.ts";
import type { ExceptionItem } from "./items.ts";
import type { ExceptionEntry } from "./tables.ts";
import { placeOf, type YamlScalar } from "./yaml-tree.ts";

/**
 * The exceptions with `item` appended: its values to the one of its name, else as a new one, which `check` completes.
 * Mistakes are reported; the exceptions then stay as they are.
 */
export function appendException(
  entries: ExceptionEntry[],
  item: ExceptionItem,
  check: (item: ExceptionItem) => ExceptionEntry | undefined,
  findings: Findings,
): ExceptionEntry[] {
  const fail = (message: string, node?: YamlScalar) => {
    findings.error(
      "LOAD_ERR_VALIDATE",
      message,
      item.chain,
      node === undefined ? {} : { place: placeOf(node) },
    );
    return entries;
  };
  if (item.values === undefined)
    findings.warning("LOAD_APPEND_NO_VALUES", "Overriding/appending exception with no values", item.chain);
  const index = entries.findIndex((entry) => entry.name === item.name);
  const found = entries[index];
  if (found === undefined) {
    if (item.fields.length === 0)
      return fail("Rule exception must have fields property with a list of fields");
    if (item.values === undefined || item.values.length === 0)
      return fail("Rule exception must have values property with a list of values");
    const entry = check(item);
    return entry === undefined ? entries : [...entries, entry];
  }
  if (item.fields.length > 0)
    return fail("Can not append exception fields to existing exception, only values", item.fields[0]);
  if (item.comps !== undefined)
    return fail("Can not append exception comps to existing exception, only values", item.comps.operators[0]);
  return entries.with(index, { ...found, values: [...found.values, ...(item.values ?? [])] });
}
