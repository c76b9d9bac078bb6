/** Binds resolved fields of the syscall source to their readers. */
import type { FieldReaders, FieldUse } from "../rules/catalogue.ts";
import type { SyscallContext } from "./context.ts";
import type { Field, Read } from "./field.ts";
import { staticFields } from "./static.ts";
import { genericFields, pluginFields, syscallFields } from "./syscall-fields.ts";

/** Readers of all fields; `constants` is the setting static_fields. */
export function readersOf(constants: ReadonlyMap<string, string>): FieldReaders<SyscallContext> {
  const rows = new Map<string, Field>();
  for (const row of [...genericFields, ...syscallFields, ...staticFields(constants), ...pluginFields])
    rows.set(row.name, row);
  const row = (use: FieldUse): Field => {
    const found = rows.get(use.name);
    if (found === undefined) throw new Error(`${use.name} is no field of syscall`);
    return found;
  };
  const reader = (use: FieldUse): Read => overridable(use, row(use).bind(use));
  return {
    reader,
    exists(use) {
      const read = reader(use);
      const special = row(use).exists;
      if (special === undefined) return (context) => read(context) !== undefined;
      return (context) =>
        context.overrides?.has(use.text) === true ? read(context) !== undefined : special(context);
    },
  };
}

/** A fixture may set any field by its text; null makes it missing. */
function overridable(use: FieldUse, read: Read): Read {
  return (context) => {
    if (context.overrides === undefined) return read(context);
    const value = context.overrides.get(use.text);
    if (value === undefined) return read(context);
    return value === null ? undefined : value;
  };
}

/** Readers without constants of a setting. */
export const syscallReaders: FieldReaders<SyscallContext> = readersOf(new Map());
