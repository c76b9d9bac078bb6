/** The event of a test: from its keys to a record, a process and fields. */
import { encodeRecord } from "../../events/encode.ts";
import { parts } from "../../events/record.ts";
import { eventCode, events, type EventRow } from "../../events/table.ts";
import type { Json } from "../../events/json-value.ts";
import type { Catalogue, SourceCatalogue } from "../../rules/catalogue.ts";
import type { YamlMapping, YamlNode } from "../../rules/files/yaml-tree.ts";
import { didYouMean } from "../suggest.ts";
import { complete, takeArgument } from "./arguments.ts";
import type { AuditFixture, Draft, Fixture, Overrides, SyscallFixture } from "./fixture.ts";
import type { Mistakes } from "./mistakes.ts";
import { readContainer } from "./read-container.ts";
import { readFields } from "./read-overrides.ts";
import { readProcess, readUsers } from "./read-process.ts";
import { Reader, scalarValue } from "./values.ts";

// prettier-ignore
const keys = ["type", "source", "time", "num", "cpu", "args", "process", "user", "group", "container", "pod", "fields"] as const;

const auditKeys = ["audit", "source", "time", "num", "fields"] as const;

/** 2026-01-01T00:00:00Z: the time of events that give none. */
const someTime = 1_767_225_600_000_000_000n;
/** Events happen a day after the made node began. */
export const sinceBoot = 86_400_000_000_000n;

/** ns since the epoch: a number, or a date and time as ISO 8601 writes them, with up to nine digits of a second. */
function readTime(node: YamlNode | undefined, mistakes: Mistakes): bigint {
  if (node === undefined) return someTime;
  const value = node.kind === "scalar" ? scalarValue(node) : null;
  if ((typeof value === "number" && Number.isInteger(value)) || typeof value === "bigint")
    if (BigInt(value) >= sinceBoot) return BigInt(value);
  if (typeof value === "string") {
    const [, seconds, fraction = "", zone = "Z"] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(value) ?? [];
    const at =
      seconds === undefined ? NaN : Date.parse(`${seconds}${zone.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2")}`);
    if (!Number.isNaN(at)) return BigInt(at) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
  }
  mistakes.at(node, "time must be nanoseconds since the epoch or a time as 2026-01-02T03:04:05.123456789Z");
  return someTime;
}

const rows = events as readonly EventRow[];

function readType(reader: Reader, mapping: YamlMapping, mistakes: Mistakes): EventRow | undefined {
  const node = reader.node("type");
  if (node === undefined) return mistakes.at(mapping, "an event needs a type, as evt.type shows it");
  const name = reader.text("type") ?? "";
  const code = eventCode(name);
  const row = code === undefined ? undefined : rows[code];
  if (row !== undefined && row.internal !== true) return row;
  const names = rows.filter(({ internal }) => internal !== true).map((each) => each.name);
  return mistakes.at(node, `unknown event type ${name}${didYouMean(name, names)}`);
}

/** Return value of a call that says none: it worked. */
function defaultReturn(row: EventRow): number {
  return row.fd.includes("C") ? 3 : 0;
}

function readArguments(
  draft: Draft,
  row: EventRow,
  mapping: YamlMapping | undefined,
  mistakes: Mistakes,
): void {
  const names = row.params.map(([name]) => name);
  for (const { key } of mapping?.entries ?? [])
    if (!names.includes(key.text)) {
      const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
      mistakes.at(key, `${row.name} has no argument ${key.text}${didYouMean(key.text, names)}; ${known}`);
    }
  // In the order of the parameters: what later ones mean may depend on the return value.
  for (const [position, name] of names.entries()) {
    const node = mapping?.entries.find(({ key }) => key.text === name)?.value;
    const problem = node === undefined ? undefined : takeArgument(draft, row, position, node);
    if (problem !== undefined) mistakes.at(node!, problem);
  }
  complete(draft, row);
}

/** What the keys that every source has say. */
interface Given {
  readonly reader: Reader;
  readonly source: SourceCatalogue;
  readonly overrides: Overrides;
  readonly mistakes: Mistakes;
}

/** Reads an event. Undefined where it is so wrong that nothing can be made of it; the mistakes say why. */
export function readEvent(
  mapping: YamlMapping,
  catalogue: Catalogue,
  mistakes: Mistakes,
): Fixture | undefined {
  const isAudit = mapping.entries.some(({ key }) => key.text === "audit");
  const reader = new Reader(mapping, isAudit ? auditKeys : keys, mistakes);
  const wanted = isAudit ? "k8s_audit" : "syscall";
  const named = reader.text("source") ?? wanted;
  if (named === "k8s_audit" && !isAudit)
    mistakes.at(reader.node("source")!, "an event of k8s_audit is given under audit, one Event object");
  else if (named !== wanted)
    mistakes.at(
      reader.node("source")!,
      `this is an event of ${wanted}, and there are no others than of syscall and k8s_audit`,
    );
  const source = catalogue.sources.get(wanted)!;
  const given: Given = { reader, source, overrides: new Map(), mistakes };
  const fixture = isAudit ? readAudit(given) : readSyscall(mapping, given);
  const fields = reader.mappingAt("fields");
  if (fields !== undefined) readFields(fields, source, given.overrides, mistakes);
  if (fixture === undefined || !("draft" in fixture)) return fixture;
  const { draft, row, ...rest } = fixture;
  resolvedPaths(draft, given.overrides);
  return { ...rest, record: encode(draft, row, mapping, mistakes) };
}

/** Key `audit`: an Event as the API server sends it; its own time counts where no other is given. */
function readAudit({ reader, overrides, mistakes }: Given): AuditFixture | undefined {
  const event = reader.mappingAt("audit");
  if (event === undefined) return mistakes.at(reader.mapping, "audit must be one Event object");
  const stamp = event.entries.find(({ key }) => key.text === "stageTimestamp")?.value;
  const time = readTime(reader.node("time") ?? stamp, mistakes);
  const number = readNumber(reader);
  return { source: "k8s_audit", audit: jsonOf(event), time, number, overrides };
}

const readNumber = (reader: Reader) => reader.integer("num", 1, Number.MAX_SAFE_INTEGER) ?? 1;

function jsonOf(node: YamlNode): Json {
  if (node.kind === "sequence") return node.items.map(jsonOf);
  if (node.kind === "mapping")
    return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, jsonOf(value)]));
  const value = scalarValue(node);
  return typeof value === "bigint" ? Number(value) : value;
}

/** A system call that is not yet bytes. */
type SyscallDraft = Omit<SyscallFixture, "record"> & { readonly draft: Draft; readonly row: EventRow };

function readSyscall(
  mapping: YamlMapping,
  { reader, source, overrides, mistakes }: Given,
): SyscallDraft | undefined {
  const pod = reader.mappingAt("pod");
  const container = readContainer(reader.node("container"), pod, source, overrides, mistakes);
  const { tid, vtid, ...process } = readProcess(reader.mappingAt("process"), container, mistakes);
  const { users, groups, uid, gid, loginuid } = readUsers(reader);
  const row = readType(reader, mapping, mistakes);
  const time = readTime(reader.node("time"), mistakes);
  const number = readNumber(reader);
  const cpu = reader.integer("cpu", 0, 65535) ?? 0;
  const given = reader.mappingAt("args");
  if (row === undefined) return undefined;
  const { pid, ppid, vpid, pgid, vpgid, sid, vsid, tty, comm } = process;
  const draft: Draft = {
    header: {
      ret: defaultReturn(row),
      time: sinceBoot,
      ...{ pid, tid, ppid, vpid, vtid, pgid, vpgid, sid, vsid, tty, uid, gid, loginuid, cpu, comm },
    },
    parts: new Map(),
    file: undefined,
    socket: undefined,
    exe: undefined,
    task: undefined,
    process: { ...process, uid, gid, loginuid },
  };
  readArguments(draft, row, given, mistakes);
  return {
    source: "syscall",
    draft,
    row,
    process: draft.process,
    users: { users, groups },
    time,
    number,
    overrides,
  };
}

/** fd.realpath and fd.fspath are more than fields: rules are tried on them too, as on links and bind mounts. */
function resolvedPaths(draft: Draft, overrides: Overrides): void {
  for (const [field, part] of [
    ["fd.realpath", parts.REALPATH],
    ["fd.fspath", parts.FSPATH],
  ] as const) {
    const path = overrides.get(field);
    if (typeof path === "string") draft.parts.set(part, path);
  }
}

function encode(draft: Draft, row: EventRow, mapping: YamlMapping, mistakes: Mistakes): Buffer {
  const { header, file, socket, exe, task } = draft;
  const facts = {
    ...(file && { file }),
    ...(socket && { socket }),
    ...(exe && { exe }),
    ...(task && { task }),
  };
  try {
    return encodeRecord({ type: eventCode(row.name)!, header, parts: draft.parts, ...facts });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    mistakes.at(mapping, error.message);
    return Buffer.alloc(0);
  }
}
