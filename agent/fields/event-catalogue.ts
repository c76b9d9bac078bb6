/** Event names and their codes: rows of the table, then system calls without a row, then events of plugins. */
import type { EventCatalogue } from "../rules/catalogue.ts";
import { syscallNames } from "../events/syscall-names.ts";
import { events, type EventRow } from "../events/table.ts";

/** Events that plugins make beside the stream; rules may name them. */
const asyncNames = ["container", "container_removed"] as const;

const rows = events as readonly EventRow[];
const rowNames = new Set(rows.map((row) => row.name));
const generic = syscallNames.filter((name) => !rowNames.has(name));
const allNames: readonly string[] = [...rows.map((row) => row.name), ...generic, ...asyncNames];

const codesByName = new Map<string, number[]>();
for (const [code, name] of allNames.entries()) {
  if (rows[code]?.internal === true) continue;
  const codes = codesByName.get(name);
  if (codes === undefined) codesByName.set(name, [code]);
  else codes.push(code);
}

/** Whether a code is a system call without a row in the table: it has a name and nothing more. */
export function isGeneric(code: number): boolean {
  return code >= rows.length && code < rows.length + generic.length;
}

/** The events that rules may name. Codes below the table's length are those on the wire. */
export const eventCatalogue: EventCatalogue = {
  codes: (name) => codesByName.get(name),
  size: allNames.length,
  name: (code) => allNames[code] ?? "",
  captured: (code) => rows[code]?.captured === true || rows[code]?.made === true,
  names: [...codesByName.keys()],
};
