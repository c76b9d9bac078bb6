/** Arguments of an event in a test file, named as the event's parameters, into the record that the kernel would write. */
import { errorNumber, signalNumber } from "../../events/errors.ts";
import { fileFactFlags, parts } from "../../events/record.ts";
import type { TaskCount } from "../../events/task-facts.ts";
import type { EventRow, ParamRow } from "../../events/table.ts";
import { flagValue, openFlagsToAbi, openResult, toAbi, type FlagSetName } from "../../events/translate.ts";
import type { YamlNode } from "../../rules/files/yaml-tree.ts";
import type { Draft, Header } from "./fixture.ts";
import { freshSocket, takeAddress, takeTuple } from "./sockets.ts";
import { byteString, scalarValue, type ScalarValue } from "./values.ts";

/** What is wrong with an argument, or undefined. */
type Problem = string | undefined;
type Given = ScalarValue | readonly ScalarValue[];
type Take = (draft: Draft, value: Given, row: ParamRow, position: number) => Problem;

const AT_FDCWD = -100;

function text(value: Given): string | undefined {
  if (value === null || typeof value === "object") return undefined;
  return byteString(String(value));
}

/** A number, or the name of what it stands for. */
function number(value: Given, [name, type, , set]: ParamRow): number | bigint | string {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const words = typeof value === "string" ? value : "";
  const named = namedNumber(words, type, set);
  if (named !== undefined) return named;
  return `${name} must be a number${set === undefined ? "" : ` or names of the set ${set}`}`;
}

function namedNumber(words: string, type: string, set: string | undefined): number | undefined {
  if (set !== undefined) return flagValue(set as FlagSetName, words);
  if (type === "SIGTYPE") return signalNumber(words);
  if (words === "AT_FDCWD") return AT_FDCWD;
  const error = errorNumber(words);
  return error === undefined ? undefined : -error;
}

const numeric =
  (store: (draft: Draft, value: number | bigint) => void): Take =>
  (draft, value, row) => {
    const found = number(value, row);
    if (typeof found === "string") return found;
    store(draft, found);
    return undefined;
  };

const textual =
  (store: (draft: Draft, value: string) => void): Take =>
  (draft, value, [name]) => {
    const found = text(value);
    if (found === undefined) return `${name} must be a text`;
    store(draft, found);
    return undefined;
  };

const inHeader = (name: Exclude<keyof Header, "comm">): Take =>
  numeric((draft, value) => (draft.header[name] = value));

const inTask = (name: TaskCount): Take =>
  numeric((draft, value) => (draft.task = { ...draft.task, [name]: value }));

/** Device numbers of user space to the kernel's. */
function kernelDevice(dev: number): number {
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  return ((major << 20) | minor) >>> 0;
}

function layerFlags(value: number, upper: number, lower: number): number {
  return (
    ((value & upper) === 0 ? 0 : fileFactFlags.OVERLAY_UPPER) |
    ((value & lower) === 0 ? 0 : fileFactFlags.OVERLAY_LOWER)
  );
}

const openedFlags =
  (part: number): Take =>
  (draft, value, row) => {
    const found = number(value, row);
    if (typeof found === "string") return found;
    const portable = Number(found);
    draft.parts.set(part, openFlagsToAbi(portable));
    const created = (portable & openResult.CREATED) === 0 ? 0 : fileFactFlags.CREATED;
    const flags = created | layerFlags(portable, openResult.UPPER_LAYER, openResult.LOWER_LAYER);
    draft.file = { ...draft.file, flags: Number(draft.file?.flags ?? 0) | flags };
    return undefined;
  };

const device = numeric((draft, value) => (draft.file = { ...draft.file, dev: kernelDevice(Number(value)) }));
const inode = numeric((draft, value) => (draft.file = { ...draft.file, ino: value }));
const opened = (flags: number) => ({ flags: openedFlags(flags), dev: device, ino: inode });

const notCaptured: Take = (_draft, _value, [name]) =>
  `${name} is not captured; set what depends on it under fields`;
const words = (value: Given): readonly string[] | undefined => {
  if (typeof value !== "object" || value === null) return text(value)?.split(" ");
  return value.map((each) => byteString(String(each)));
};
const list =
  (store: (draft: Draft, value: readonly string[]) => void): Take =>
  (draft, value, [name]) => {
    const found = words(value);
    if (found === undefined) return `${name} must be a list or a text`;
    store(draft, found);
    return undefined;
  };

const ofProcess: Readonly<Record<string, Take>> = {
  exe: textual((draft, value) => (draft.process.exe = value)),
  args: list((draft, value) => (draft.process.args = value)),
  tid: inHeader("tid"),
  pid: inHeader("pid"),
  ptid: inHeader("ppid"),
  cwd: textual((draft, value) => (draft.process.cwd = value)),
  fdlimit: inTask("fdlimit"),
  pgft_maj: inTask("pgft_maj"),
  pgft_min: inTask("pgft_min"),
  vm_size: inTask("vm_size"),
  vm_rss: inTask("vm_rss"),
  vm_swap: inTask("vm_swap"),
  cgroups: notCaptured,
  pidns_init_start_ts: notCaptured,
  comm: textual((draft, value) => {
    draft.header.comm = value;
    draft.process.comm = value.slice(0, 15);
  }),
  uid: inHeader("uid"),
  gid: inHeader("gid"),
  vtid: inHeader("vtid"),
  vpid: inHeader("vpid"),
  vpgid: inHeader("vpgid"),
  pgid: inHeader("pgid"),
  tty: inHeader("tty"),
  loginuid: inHeader("loginuid"),
};

const ofExec: Readonly<Record<string, Take>> = {
  ...ofProcess,
  env: list((draft, value) => (draft.process.env = value)),
  flags: numeric((draft, value) => (draft.process.exeFlags = Number(value))),
  cap_inheritable: inHeader("cap_inheritable"),
  cap_permitted: inHeader("cap_permitted"),
  cap_effective: inHeader("cap_effective"),
  exe_ino: numeric((draft, value) => (draft.process.exeInode = value)),
  exe_ino_ctime: numeric((draft, value) => (draft.process.exeChangeTime = BigInt(value))),
  exe_ino_mtime: numeric((draft, value) => (draft.process.exeModifyTime = BigInt(value))),
  trusted_exepath: textual((draft, value) => (draft.process.exePath = value)),
  filename: textual((draft, value) => draft.parts.set(0, value)),
};
const ofClone: Readonly<Record<string, Take>> = {
  ...ofProcess,
  flags: numeric((draft, value) => draft.parts.set(0, toAbi("CLONE_FLAGS", Number(value)))),
};

const tuple =
  (event: string): Take =>
  (draft, value, [name]) =>
    typeof value === "string" ? takeTuple(draft, event, byteString(value)) : `${name} must be a text`;
const address =
  (event: string): Take =>
  (draft, value, [name], position) =>
    typeof value === "string"
      ? takeAddress(draft, event, position - 1, byteString(value))
      : `${name} must be a text`;

/** Bits of the word that an exit leaves: exit code in the second byte, signal and core flag in the first. */
const exitWord = (shift: number, mask: number) =>
  numeric((draft, value) => {
    const before = Number(draft.header.ret ?? 0) & ~(mask << shift);
    draft.header.ret = before | ((Number(value) & mask) << shift);
  });

const socketFlags = numeric((draft, value) => {
  const type = Number(draft.parts.get(1) ?? 1);
  draft.parts.set(1, type | (openFlagsToAbi(Number(value)) & ~3));
});

/** Arguments that do not go to their own place on the wire. */
const special: Readonly<Record<string, Readonly<Record<string, Take>>>> = {
  open: opened(1),
  openat: opened(2),
  openat2: opened(2),
  creat: {
    dev: device,
    ino: inode,
    creat_flags: numeric((draft, value) => {
      draft.file = { ...draft.file, flags: Number(draft.file?.flags ?? 0) | layerFlags(Number(value), 1, 2) };
    }),
  },
  connect: { tuple: tuple("connect"), addr: address("connect") },
  bind: { addr: address("bind") },
  sendto: { tuple: tuple("sendto") },
  sendmsg: { tuple: tuple("sendmsg") },
  send: { tuple: tuple("send") },
  recvfrom: { tuple: tuple("recvfrom") },
  recvmsg: { tuple: tuple("recvmsg") },
  accept: { tuple: tuple("accept") },
  accept4: { tuple: tuple("accept4") },
  socket: { flags: socketFlags },
  execve: ofExec,
  execveat: ofExec,
  clone: ofClone,
  clone3: ofClone,
  fork: ofClone,
  vfork: ofClone,
  procexit: {
    ret: exitWord(8, 0xff),
    sig: exitWord(0, 0x7f),
    core: exitWord(7, 1),
    reaper_tid: numeric((draft, value) => draft.parts.set(0, value)),
  },
};

const texts: ReadonlySet<string> = new Set(["CHARBUF", "FSPATH", "FSRELPATH", "BYTEBUF", "CHARBUFARRAY"]);

const plain: Take = (draft, value, row, position) => {
  const [name, type, , set] = row;
  if (position === 0) {
    const found = value === "SUCCESS" ? 0 : number(value, row);
    if (typeof found === "string")
      return `${name} is the return value: a number or an error's name such as ENOENT`;
    draft.header.ret = found;
    return undefined;
  }
  if (value === null) {
    draft.parts.set(position - 1, null);
    return undefined;
  }
  if (texts.has(type))
    return textual((to, bytes) => to.parts.set(position - 1, bytes))(draft, value, row, position);
  const found = number(value, row);
  if (typeof found === "string") return found;
  draft.parts.set(position - 1, set === undefined ? found : toAbi(set as FlagSetName, Number(found)));
  return undefined;
};

function givenOf(node: YamlNode): Given | undefined {
  if (node.kind === "scalar") return scalarValue(node);
  if (node.kind === "mapping") return undefined;
  return node.items.flatMap((item) => (item.kind === "scalar" ? [scalarValue(item)] : []));
}

/** Puts one argument into the draft. Gives what is wrong with it. */
export function takeArgument(draft: Draft, row: EventRow, position: number, node: YamlNode): Problem {
  const param = row.params[position]!;
  const value = givenOf(node);
  if (value === undefined) return `${param[0]} must be a number or a text`;
  return (special[row.name]?.[param[0]] ?? plain)(draft, value, param, position);
}

const S_IFREG = 0o100644;
const S_IFDIR = 0o40755;
const O_DIRECTORY = 1024;
/** Calls whose descriptor is a file where nothing else is said. */
const onFiles: ReadonlySet<string> = new Set([
  "open",
  "openat",
  "openat2",
  "creat",
  "fchmod",
  "finit_module",
]);

/** Fills in what a call of this kind always has, and what follows from its arguments. */
export function complete(draft: Draft, row: EventRow): void {
  const failed = Number(draft.header.ret ?? 0) < 0;
  for (const [position, [name, type]] of row.params.entries())
    if (
      position > 0 &&
      type === "FD" &&
      special[row.name]?.[name] === undefined &&
      !draft.parts.has(position - 1)
    )
      draft.parts.set(position - 1, /^(dirfd|.*dirfd|olddir|newdir)$/.test(name) ? AT_FDCWD : 3);
  if (failed && row.fd.includes("C")) draft.file = undefined;
  else if (onFiles.has(row.name))
    draft.file = { mode: isFolder(draft, row) ? S_IFDIR : S_IFREG, ...draft.file };
  else if (row.name === "memfd_create")
    draft.file = {
      mode: S_IFREG,
      ...draft.file,
      flags: Number(draft.file?.flags ?? 0) | fileFactFlags.MEMFD,
    };
  if (row.name === "socket" && !failed)
    freshSocket(
      draft,
      Number(draft.parts.get(0) ?? 2),
      Number(draft.parts.get(1) ?? 1),
      Number(draft.parts.get(2) ?? 0),
    );
  if (draft.process.cwd !== "" && !draft.parts.has(parts.CWD)) draft.parts.set(parts.CWD, draft.process.cwd);
}

function isFolder(draft: Draft, row: EventRow): boolean {
  const part = row.params.findIndex(([name]) => name === "flags") - 1;
  const abi = part < 0 ? undefined : draft.parts.get(part);
  return typeof abi === "number" && (abi & openFlagsToAbi(O_DIRECTORY | 1)) !== 0;
}
