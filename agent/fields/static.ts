/** static.*: constants from the setting static_fields, the same in every event. */
import { field, type Field } from "./field.ts";

/** One row for each constant of the setting; values are byte strings. */
export function staticFields<E>(constants: ReadonlyMap<string, string>): Field<E>[] {
  return [...constants].map(([name, value]) =>
    field<E>(
      `static.${name}`,
      "CHARBUF",
      "A constant from the setting static_fields.",
      `static.${name} exists`,
      () => value,
    ),
  );
}
