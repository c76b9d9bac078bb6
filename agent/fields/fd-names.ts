/** fd.name and what follows from it, in each of the three views of a path (design: Views). */
import type { KnownText } from "../events/known-texts.ts";
import { absolutePath, folderOf, lastPart, pathBelow } from "../events/path-text.ts";
import { parts } from "../events/record.ts";
import type { RecordView } from "../events/record-view.ts";
import { socketAddressText } from "../events/parameters.ts";
import { hasSocket, socketName } from "../events/socket-names.ts";
import { events, type EventRow } from "../events/table.ts";
import { containerId } from "./container.ts";
import { pathViews, type SyscallContext } from "./context.ts";
import {
  hasDescriptor,
  hasPath,
  isFile,
  isFolder,
  isMemfd,
  isKnown,
  pathOnNode,
  resolvedPath,
} from "./fd-facts.ts";
import type { Read } from "./field.ts";

const rows = events as readonly EventRow[];

/** Events that open a file by its name: part of the name, and of the flags that say how it is resolved. */
const opens: readonly ({ readonly name: number; readonly resolve: number | undefined } | undefined)[] =
  rows.map((row) => {
    if (!["open", "openat", "openat2", "creat", "open_by_handle_at"].includes(row.name)) return undefined;
    const part = (name: string) => row.params.findIndex(([each]) => each === name) - 1;
    const resolve = part("resolve");
    return {
      name: part(row.name === "open_by_handle_at" ? "path" : "name"),
      resolve: resolve < 0 ? undefined : resolve,
    };
  });

/** Events that name their socket's peer or own address in a parameter. */
const addressPart: readonly number[] = rows.map((row) =>
  row.name === "connect" || row.name === "bind" ? row.params.findIndex(([name]) => name === "addr") - 1 : -1,
);
const memfdCreate = rows.findIndex((row) => row.name === "memfd_create");

const RESOLVE_IN_ROOT = 0x10;
const SLASH = 47;

/** The path an open asked for, absolute and normalised as text; undefined where the text could not be read. */
function askedPath(c: SyscallContext): string | undefined {
  const place = opens[c.record.type];
  if (place === undefined) return undefined;
  const known = c.record.knownText(place.name);
  if (known !== undefined && place.resolve === undefined && known.text.charCodeAt(0) === SLASH) {
    last.known = known;
    return known.normalised;
  }
  const text = c.record.text(place.name);
  if (text === undefined) return undefined;
  const base = c.record.text(parts.BASE);
  if (
    place.resolve !== undefined &&
    base !== undefined &&
    (Number(c.record.number(place.resolve) ?? 0) & RESOLVE_IN_ROOT) !== 0
  )
    return pathBelow(base, text);
  return absolutePath(base ?? c.record.text(parts.CWD) ?? c.process?.cwd, text);
}

/** What a failed call's own parameters say about what it was meant for. */
function nameFromParameters(c: SyscallContext): string {
  const asked = askedPath(c);
  if (asked !== undefined) return asked;
  const part = addressPart[c.record.type] ?? -1;
  const bytes = part < 0 ? undefined : c.record.text(part);
  return bytes === undefined ? "" : (socketAddressText(bytes) ?? "");
}

/** The name it was made with. The kernel shows it as a file of that name behind a word of its own. */
function memfdName(record: RecordView): string {
  const made = record.type === memfdCreate ? record.text(0) : undefined;
  return made ?? record.text(parts.REALPATH)?.replace(/^\/?memfd:/, "") ?? "";
}

function knownName(c: SyscallContext): string {
  if (hasSocket(c.record)) return socketName(c.record) || nameFromParameters(c);
  if (isMemfd(c.record)) return memfdName(c.record);
  if (!hasPath(c.record)) return "";
  return askedPath(c) ?? resolvedPath(c.record) ?? "";
}

/** What was asked for last: fd.directory, fd.filename and fs.path.name begin with fd.name. */
const last = {
  generation: -1,
  view: -1,
  process: undefined as SyscallContext["process"],
  name: undefined as string | undefined,
  /** The text that the name follows from alone, where it does. */
  known: undefined as KnownText | undefined,
};

/** fd.name in the view that is being tried. */
export function name(c: SyscallContext): string | undefined {
  const { generation } = c.record;
  if (last.generation !== generation || last.view !== c.view || last.process !== c.process) {
    last.known = undefined;
    last.name = findName(c);
    last.generation = generation;
    last.view = c.view;
    last.process = c.process;
  }
  return last.name;
}

function findName(c: SyscallContext): string | undefined {
  if (!hasDescriptor(c)) return undefined;
  if (c.view === pathViews.asked) return isKnown(c) ? knownName(c) : nameFromParameters(c);
  if (!isKnown(c) || !hasPath(c.record)) return undefined;
  return c.view === pathViews.real ? resolvedPath(c.record) : pathOnNode(c);
}

/** fd.nameraw: the bytes as passed; the name where the call passed none, "" for what is no file. */
export function rawName(c: SyscallContext): string | undefined {
  if (!hasDescriptor(c)) return undefined;
  const place = opens[c.record.type];
  const text = place === undefined ? undefined : c.record.text(place.name);
  if (text !== undefined) return text;
  return hasPath(c.record) ? (resolvedPath(c.record) ?? "") : "";
}

/** fd.directory: the folder itself for folders; also on failed opens; missing for what has no path. */
export function directory(c: SyscallContext): string | undefined {
  if (isKnown(c) && !isFile(c.record) && !isFolder(c.record)) return undefined;
  const full = name(c);
  if (full === undefined) return undefined;
  if (isFolder(c.record)) return full;
  return last.known === undefined ? folderOf(full) : last.known.folderOf(full);
}

/** fd.filename: of files that exist. */
export function filename(c: SyscallContext): string | undefined {
  if (!isKnown(c) || !isFile(c.record)) return undefined;
  const full = name(c);
  return full === undefined ? undefined : lastPart(full);
}

/** A value behind the container's id and a colon. */
export function containerOf(read: Read): Read {
  return (c) => {
    const value = read(c);
    const id = containerId(c);
    return value === undefined || id === undefined ? undefined : `${id}:${String(value)}`;
  };
}
