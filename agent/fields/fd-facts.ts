/** What the record says about the event's descriptor. */
import { deviceNumber } from "../events/parameters.ts";
import { fileFactFlags, parts, socketFactFlags, socketRoles } from "../events/record.ts";
import { fileAt, type RecordView } from "../events/record-view.ts";
import { hasSocket, socketFamily as familyOf } from "../events/socket-names.ts";
import { events, type EventRow } from "../events/table.ts";
import type { SyscallContext } from "./context.ts";
import { fileKind, kinds, socketKind, type Kind } from "./fd-kinds.ts";
import type { Read } from "./field.ts";
import { streamType } from "./streams.ts";

const { FILE, SOCKET, REALPATH, FSPATH, BASE } = parts;

const { file, folder, memfd, unix, ipv4, ipv6 } = kinds;

/** The record whose kind was asked for last: most fields of a descriptor begin with it. */
let lastGeneration = -1;
let lastKind: Kind | undefined;

/** Kind of the open file that the record tells of; undefined where there is none. */
function kindOf(record: RecordView): Kind | undefined {
  if (record.generation !== lastGeneration) {
    lastKind = findKind(record);
    lastGeneration = record.generation;
  }
  return lastKind;
}

function findKind(record: RecordView): Kind | undefined {
  if (hasSocket(record)) return socketKind(familyOf(record));
  if (record.partLength(FILE) < 0)
    return record.partLength(BASE) > 0 && usesFolder(record) ? folder : undefined;
  return fileKind(
    record.file(FILE, fileAt.anon),
    record.file(FILE, fileAt.flags),
    record.file(FILE, fileAt.mode),
    record.file(FILE, fileAt.fs_magic),
  );
}

const rows = events as readonly EventRow[];

/** How each event names its descriptor: by its return value, by a part, or not at all. */
type Place = "returned" | "none" | { readonly part: number; readonly folder: boolean };

function placeOf(row: EventRow): Place {
  if (!/[CDU]/.test(row.fd)) return "none";
  if (row.fd.includes("C")) return "returned";
  const position = row.params.findIndex(([, type], i) => i > 0 && type === "FD");
  if (position < 0) return "none";
  return { part: position - 1, folder: /dirfd$/.test(row.params[position]![0]) };
}
const places: readonly Place[] = rows.map(placeOf);

/** Whether the event's descriptor is the folder that a relative path starts from. */
function usesFolder(record: RecordView): boolean {
  const place = places[record.type];
  return typeof place === "object" && place.folder && Number(record.number(place.part) ?? -1) >= 0;
}

/** Whether the event creates, uses or destroys a descriptor at all. */
export function hasDescriptor(c: SyscallContext): boolean {
  return (places[c.record.type] ?? "none") !== "none";
}

/** fd.num: -1 where the call that should have made the descriptor failed; undefined on events without one. */
export function descriptor(c: SyscallContext): number | undefined {
  const place = places[c.record.type] ?? "none";
  if (place === "none") return undefined;
  if (place === "returned") {
    const ret = Number(c.record.ret);
    return ret < 0 ? -1 : ret;
  }
  const passed = c.record.number(place.part);
  return passed === undefined ? undefined : Number(passed) | 0;
}

/** Whether the descriptor leads to something the record knows. */
export function isKnown(c: SyscallContext): boolean {
  return kindOf(c.record) !== undefined && hasDescriptor(c);
}

/** A reader for events whose descriptor is known. */
const known =
  (read: Read): Read =>
  (c) =>
    isKnown(c) ? read(c) : undefined;

/** fd.type: `<NA>` for kinds that have no name. */
export const type: Read = known((c) => kindOf(c.record)!.type);

/** What the event alone says about a descriptor that was not made or is not known. */
const guesses: ReadonlyMap<string, string> = new Map(
  Object.entries({
    open: "f",
    openat: "f",
    openat2: "f",
    creat: "f",
    open_by_handle_at: "f",
    socket: "4",
    accept: "4",
    accept4: "4",
    pipe: "p",
    pipe2: "p",
    eventfd: "e",
    eventfd2: "e",
    signalfd: "s",
    signalfd4: "s",
    timerfd_create: "t",
    inotify_init: "i",
    inotify_init1: "i",
  }),
);
const guessByCode: readonly string[] = rows.map((row) => guesses.get(row.name) ?? "o");

/** fd.typechar; guessed from the event where there is no descriptor. */
export function typeCharacter(c: SyscallContext): string | undefined {
  if (!hasDescriptor(c)) return undefined;
  return kindOf(c.record)?.character ?? guessByCode[c.record.type];
}

/** `<typechar>` with the letter of the protocol for internet sockets, as arguments show descriptors. */
export function typeTag(c: SyscallContext): string | undefined {
  const found = kindOf(c.record);
  if (found === undefined) return undefined;
  const protocol = found === ipv4 || found === ipv6 ? protocolOf(c.record) : undefined;
  return `<${found.character}${protocol?.[0] ?? ""}>`;
}

const isFolder = (record: RecordView) => kindOf(record) === folder;
const isFile = (record: RecordView) => kindOf(record) === file;

const isMemfd = (record: RecordView) => kindOf(record) === memfd;
export { isFile, isFolder, isMemfd };

/** Whether what the descriptor leads to has a path: files and folders. */
export function hasPath(record: RecordView): boolean {
  const found = kindOf(record);
  return found === file || found === folder;
}

function protocolOf(record: RecordView): string | undefined {
  const family = familyOf(record);
  if (!hasSocket(record) || (family !== 2 && family !== 10)) return undefined;
  switch (record.socket(SOCKET, "type")) {
    case 1:
      return "tcp";
    case 2: {
      const protocol = record.socket(SOCKET, "protocol");
      return protocol === 1 || protocol === 58 ? "icmp" : "udp";
    }
    case 3:
      return "raw";
    default:
      return undefined;
  }
}

/** fd.l4proto: `<NA>` for what is no internet socket. */
export const l4proto: Read = known((c) => protocolOf(c.record) ?? "<NA>");

/** Protocol of the socket, for names of services; undefined for other descriptors. */
export function protocol(c: SyscallContext): string | undefined {
  return protocolOf(c.record);
}

/** fd.sockfamily. */
export function socketFamily(c: SyscallContext): string | undefined {
  if (!hasDescriptor(c)) return undefined;
  const found = kindOf(c.record);
  if (found === unix && hasSocket(c.record)) return "unix";
  return found === ipv4 || found === ipv6 ? "ip" : undefined;
}

const flagOf = (flag: number): Read => known((c) => (c.record.socket(SOCKET, "flags") & flag) !== 0);

/** fd.connected, fd.name_changed: false for what is no socket. */
export const connected: Read = flagOf(socketFactFlags.CONNECTED);
export const nameChanged: Read = flagOf(socketFactFlags.NAME_CHANGED);
/** fd.is_server. */
export const isServer: Read = known((c) => c.record.socket(SOCKET, "role") === socketRoles.SERVER);

const number = (c: SyscallContext) => deviceNumber(c.record.file(FILE, fileAt.dev));
/** fd.dev, as user space writes device numbers. */
export const device: Read = known(number);
/** The parts of fd.dev. */
export function devicePart(part: "major" | "minor"): Read {
  return known((c) => {
    const dev = c.record.file(FILE, fileAt.dev);
    return part === "major" ? dev >>> 20 : dev & 0xfffff;
  });
}
/** fd.ino: 0 where it is not known. */
export const inode: Read = known((c) => c.record.fileInode(FILE));
/** fd.nlink. */
export const links: Read = known((c) =>
  c.record.partLength(FILE) < 0 ? undefined : c.record.file(FILE, fileAt.nlink),
);
/** fd.is_upper_layer, fd.is_lower_layer. */
export function onLayer(layer: "upper" | "lower"): Read {
  const flag = layer === "upper" ? fileFactFlags.OVERLAY_UPPER : fileFactFlags.OVERLAY_LOWER;
  return known((c) => (c.record.file(FILE, fileAt.flags) & flag) !== 0);
}

/** fd.realpath: undefined where the kernel side gave none. */
export function realPath(c: SyscallContext): string | undefined {
  return hasDescriptor(c) && hasPath(c.record) ? resolvedPath(c.record) : undefined;
}

/** Resolved path of the file behind the event's descriptor, or of its folder. */
export function resolvedPath(record: RecordView): string | undefined {
  return (
    record.text(REALPATH) ??
    (record.partLength(FILE) < 0 && usesFolder(record) ? record.text(BASE) : undefined)
  );
}

/**
 * fd.fspath: path below the root of the file system. Given by the kernel side where a mount stands between the file
 * and the task's root, or a chroot; else it is what follows the mount point, if the node has the file system mounted there too.
 */
export function fileSystemPath(c: SyscallContext): string | undefined {
  if (!hasDescriptor(c) || !hasPath(c.record)) return undefined;
  const inside = c.record.text(FSPATH);
  if (inside !== undefined) return inside;
  const path = resolvedPath(c.record);
  const mount = path === undefined ? undefined : c.host.mountPoint(c.record.file(FILE, fileAt.dev));
  if (path === undefined || mount === undefined || mount === "/" || !path.startsWith(mount)) return path;
  const rest = path.slice(mount.length);
  if (rest === "") return "/";
  return rest.startsWith("/") ? rest : path;
}

/** Where the node sees a file that the task may see elsewhere, through a mount or in a chroot: the file system's mount point and the path below it. */
export function pathOnNode(c: SyscallContext): string | undefined {
  const inside = c.record.text(FSPATH);
  if (inside === undefined) return undefined;
  const mount = c.host.mountPoint(c.record.file(FILE, fileAt.dev));
  if (mount === undefined) return undefined;
  return mount === "/" ? inside : `${mount}${inside === "/" ? "" : inside}`;
}

/**
 * fd.types: only the event's own descriptor is known, so the list has one element; with a number also what the first
 * three descriptors lead to.
 */
export function types(argument: string | undefined): Read {
  const wanted = argument === undefined ? undefined : Number(argument);
  return (c) => {
    const found = hasDescriptor(c) ? kindOf(c.record) : undefined;
    if (found !== undefined && (wanted === undefined || descriptor(c) === wanted)) return [found.type];
    const stream = wanted === undefined ? undefined : streamType(c, wanted);
    return stream === undefined ? undefined : [stream];
  };
}
