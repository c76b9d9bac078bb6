/** Binds resolved fields to their readers. */
import type { FieldReaders, FieldUse } from "../rules/catalogue.ts";
import type { AuditContext } from "./audit-context.ts";
import type { GenericContext, SyscallContext } from "./context.ts";
import { auditGenericFields, jsonFields, kaFields } from "./k8s-audit.ts";
import type { Field, Read } from "./field.ts";
import { staticFields } from "./static.ts";
import { genericFields, pluginFields, syscallFields } from "./syscall-fields.ts";

/** Readers over rows: of a later row of the same name than another nothing is seen. */
function readersOver<E extends GenericContext>(fields: readonly Field<E>[], source: string): FieldReaders<E> {
  const rows = new Map<string, Field<E>>();
  for (const row of fields) if (!rows.has(row.name)) rows.set(row.name, row);
  const row = (use: FieldUse): Field<E> => {
    const found = rows.get(use.name);
    if (found === undefined) throw new Error(`${use.name} is no field of ${source}`);
    return found;
  };
  const reader = (use: FieldUse): Read<E> => overridable(use, row(use).bind(use));
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
function overridable<E extends GenericContext>(use: FieldUse, read: Read<E>): Read<E> {
  return (context) => {
    if (context.overrides === undefined) return read(context);
    const value = context.overrides.get(use.text);
    if (value === undefined) return read(context);
    return value === null ? undefined : value;
  };
}

/** Readers of all fields of the syscall source; `constants` is the setting static_fields. */
export function readersOf(constants: ReadonlyMap<string, string>): FieldReaders<SyscallContext> {
  const fields = [
    ...genericFields,
    ...syscallFields,
    ...staticFields<SyscallContext>(constants),
    ...pluginFields,
  ];
  return readersOver(fields, "syscall");
}

/** The same of the source k8s_audit. */
export function auditReadersOf(constants: ReadonlyMap<string, string>): FieldReaders<AuditContext> {
  return readersOver(
    [...auditGenericFields, ...staticFields<AuditContext>(constants), ...kaFields, ...jsonFields],
    "k8s_audit",
  );
}

/** Readers without constants of a setting. */
export const syscallReaders: FieldReaders<SyscallContext> = readersOf(new Map());
export const auditReaders: FieldReaders<AuditContext> = auditReadersOf(new Map());
