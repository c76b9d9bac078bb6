/** Kinds of descriptors, by what the kernel says of their file or socket. */
import { anonKinds, fileFactFlags } from "../events/record.ts";

/** A kind of descriptor as fd.type and fd.typechar name it. */
export interface Kind {
  readonly type: string;
  readonly character: string;
}
const kind = (type: string, character: string): Kind => ({ type, character });
const pipe = kind("pipe", "p");
/** Falco has no name for it: a text, not a missing value. */
const other = kind("<NA>", "o");

/** Kinds that more is asked of than their names. */
export const kinds = {
  file: kind("file", "f"),
  folder: kind("directory", "d"),
  memfd: kind("memfd", "m"),
  unix: kind("unix", "u"),
  ipv4: kind("ipv4", "4"),
  ipv6: kind("ipv6", "6"),
} as const;

const byAnonKind: ReadonlyMap<number, Kind> = new Map([
  [anonKinds.EVENTFD, kind("event", "e")],
  [anonKinds.EVENTPOLL, kind("eventpoll", "l")],
  [anonKinds.INOTIFY, kind("inotify", "i")],
  [anonKinds.SIGNALFD, kind("signalfd", "s")],
  [anonKinds.TIMERFD, kind("timerfd", "t")],
  [anonKinds.IO_URING, kind("io_uring", "r")],
  [anonKinds.USERFAULTFD, kind("userfaultfd", "u")],
  [anonKinds.PIDFD, kind("pidfd", "P")],
  [anonKinds.BPF, kind("bpf", "b")],
]);

const byFamily: ReadonlyMap<number, Kind> = new Map([
  [1, kinds.unix],
  [2, kinds.ipv4],
  [10, kinds.ipv6],
  [16, kind("netlink", "n")],
]);

/** Kind of a socket of an address family. */
export function socketKind(family: number): Kind {
  return byFamily.get(family) ?? other;
}

const S_IFMT = 0o170000;
const S_IFIFO = 0o10000;
const S_IFDIR = 0o40000;
const S_IFSOCK = 0o140000;
const PIPEFS = 0x50495045;

/** Kind of what is no socket, by its facts (record.ts fileFact). */
export function fileKind(anon: number, flags: number, mode: number, fsMagic: number): Kind {
  if (anon !== anonKinds.NONE) return byAnonKind.get(anon) ?? other;
  if ((flags & fileFactFlags.MEMFD) !== 0) return kinds.memfd;
  const format = mode & S_IFMT;
  if (format === S_IFDIR) return kinds.folder;
  if (format === S_IFSOCK) return other;
  return format === S_IFIFO && fsMagic === PIPEFS ? pipe : kinds.file;
}
