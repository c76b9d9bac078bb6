/** What an event of a test raised, and how any field of it is read. */
import type { Alert, OutputValue } from "../../engine/alert.ts";
import type { FieldReaders, SourceCatalogue } from "../../rules/catalogue.ts";
import { valueJson } from "../../rules/output/render.ts";

export interface RaisedAlert {
  readonly alert: Alert;
  /** Any field of the event, as output_fields would show it; null for what is no field. */
  readonly field: (name: string) => OutputValue;
}

/** A field of an event by its text, as output_fields would show it; null for what is no field. */
export function fieldOf<E>(
  name: string,
  event: E,
  source: SourceCatalogue,
  readers: FieldReaders<E>,
): OutputValue {
  const [, plain = name, argument] = /^([^[]+)(?:\[([^]*)\])?$/.exec(name) ?? [];
  const use = source.resolve(plain, argument);
  return "message" in use ? null : valueJson(readers.reader(use)(event), use);
}
