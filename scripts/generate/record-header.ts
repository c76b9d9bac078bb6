import {
  DATA_AT,
  HEADER,
  PARTS_AT,
  PART_MISSING,
  PART_SLOTS,
  RECORD_MAX,
  anonKinds,
  exeFact,
  fileFact,
  fileFactFlags,
  headerFields,
  offsets,
  parts,
  recordFlags,
  socketFact,
  socketFactFlags,
  socketRoles,
  streamFact,
  taskFact,
} from "../../agent/events/record.ts";
import { events } from "../../agent/events/table.ts";

type Fields = readonly (readonly [string, number, string])[];

const types: Record<number, string> = { 1: "__u8", 2: "__u16", 4: "__u32", 8: "__u64" };

function struct(name: string, fields: Fields): string {
  const at = offsets(fields) as Record<string, number>;
  const lines = fields.map(([field, size, help]) => {
    const type = types[size];
    const declaration = type === undefined ? `__u8 ${field}[${size}]` : `${type} ${field}`;
    return `\t${declaration};${help === "" ? "" : ` /* ${help} */`}`;
  });
  const asserts = fields.map(
    ([field]) =>
      `_Static_assert(__builtin_offsetof(struct ${name}, ${field}) == ${at[field]}, "${name}.${field}");`,
  );
  return `struct ${name} {\n${lines.join("\n")}\n} __attribute__((aligned(8)));\n${asserts.join("\n")}\n_Static_assert(sizeof(struct ${name}) == ${at["size"]}, "${name}");\n`;
}

function constants(name: string, prefix: string, values: Record<string, number>): string {
  const lines = Object.entries(values).map(([key, value]) => `\t${prefix}${key} = ${value},`);
  return `enum ${name} {\n${lines.join("\n")}\n};\n`;
}

/** The C header of the record: layout of agent/events/record.ts, event numbers of agent/events/table.ts. */
export function recordHeader(): string {
  const { fact, ...partIndex } = parts;
  const codes = Object.fromEntries(events.map((event, code) => [event.name.toUpperCase(), code]));
  return [
    "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */",
    "/* Made by scripts/generate.ts from agent/events/record.ts and table.ts. Do not edit. */",
    "#ifndef TIERCEL_RECORD_H",
    "#define TIERCEL_RECORD_H",
    "",
    `#define RECORD_MAX ${RECORD_MAX}`,
    `#define RECORD_PARTS_AT ${PARTS_AT}`,
    `#define RECORD_DATA_AT ${DATA_AT}`,
    `#define RECORD_PART_SLOTS ${PART_SLOTS}`,
    `#define RECORD_PART_MISSING ${PART_MISSING}`,
    `#define RECORD_HEADER_SIZE ${HEADER.size}`,
    `#define RECORD_FIRST_FACT ${fact}`,
    "",
    struct("record_header", headerFields),
    struct("file_fact", fileFact),
    struct("socket_fact", socketFact),
    struct("exe_fact", exeFact),
    struct("task_fact", taskFact),
    struct("stream_fact", streamFact),
    constants("record_flag", "RECORD_", recordFlags),
    constants("record_part", "PART_", partIndex),
    constants("file_fact_flag", "FILE_", fileFactFlags),
    constants("anon_kind", "ANON_", anonKinds),
    constants("socket_role", "ROLE_", socketRoles),
    constants("socket_fact_flag", "SOCKET_", socketFactFlags),
    constants("event_type", "EV_", codes),
    "#endif",
    "",
  ].join("\n");
}
