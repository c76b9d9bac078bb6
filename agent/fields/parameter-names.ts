/** Names that evt.arg and evt.rawarg take: the parameters of all events, and those that only older versions had. */
import type { FieldInfo, FieldType } from "../rules/catalogue.ts";
import { events, type EventRow } from "../events/table.ts";

const rows = events as readonly EventRow[];

/** Parameters of generic events and of older versions of events: accepted, never there. */
const older = ["ID", "nativeID"] as const;

/** Every name that evt.arg.NAME may have. */
export const parameterNames: ReadonlySet<string> = new Set([
  ...rows.flatMap((event) => event.params.map(([name]) => name)),
  ...older,
]);

/** Type and format of evt.rawarg.NAME: those of the first event of the table that has the parameter. */
export function rawParameter(name: string): { type: FieldType; format?: NonNullable<FieldInfo["format"]> } {
  for (const event of rows)
    for (const [parameter, type, format] of event.params)
      if (parameter === name)
        return { type: type as FieldType, ...(format === "hex" || format === "oct" ? { format } : {}) };
  return { type: "DYN" };
}
