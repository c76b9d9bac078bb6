/** The process, user and group of a test's event. */
import { flagValue } from "../../events/translate.ts";
import type { Container } from "../../state/types.ts";
import type { YamlMapping } from "../../rules/files/yaml-tree.ts";
import type { Draft, MadeProcess, MadeUsers } from "./fixture.ts";
import type { Mistakes } from "./mistakes.ts";
import { Reader } from "./values.ts";

const maxId = 0xfffffffe;
const unset = 0xffffffff;
const commLength = 15;

// prettier-ignore
const processKeys = [
  "name", "exe", "exepath", "cwd", "args", "env", "pid", "vpid", "pgid", "vpgid", "sid", "vsid", "tty", "exe_flags", "exe_ino",
] as const;
const ownKeys = [...processKeys, "tid", "vtid", "ancestors"];

/** A process of which nothing is known but its id. */
function blank(pid: number, container: Container): MadeProcess {
  return {
    pid,
    startTime: 1n,
    parent: undefined,
    ppid: 0,
    vpid: pid,
    pgid: pid,
    vpgid: pid,
    sid: pid,
    vsid: pid,
    tty: 0,
    comm: "",
    exe: "",
    args: [],
    env: [],
    exePath: "",
    exeFlags: 0,
    exeInode: 0,
    exeChangeTime: 0n,
    exeModifyTime: 0n,
    cwd: "",
    uid: 0,
    gid: 0,
    loginuid: unset,
    cloneTime: 0n,
    pidnsStart: 0n,
    cgroup: 1n,
    container,
    threadNames: undefined,
    threads: 1,
    exited: false,
  };
}

const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Fills in a process from its keys; what is left out follows from the rest. */
function fill(process: MadeProcess, reader: Reader, mistakes: Mistakes): void {
  const exePath = reader.bytes("exepath");
  const exe = reader.bytes("exe");
  const name = reader.bytes("name");
  process.exe = exe ?? exePath ?? name ?? "";
  process.exePath = exePath ?? (process.exe.startsWith("/") ? process.exe : "");
  process.comm = (name ?? lastPart(process.exe)).slice(0, commLength);
  process.cwd = reader.bytes("cwd") ?? "";
  process.args = reader.list("args") ?? [];
  process.env = environment(reader);
  process.pgid = reader.integer("pgid", 0, maxId) ?? process.pid;
  process.sid = reader.integer("sid", 0, maxId) ?? process.pid;
  process.vpid = reader.integer("vpid", 0, maxId) ?? process.pid;
  process.vpgid =
    reader.integer("vpgid", 0, maxId) ?? (process.pgid === process.pid ? process.vpid : process.pgid);
  process.vsid =
    reader.integer("vsid", 0, maxId) ?? (process.sid === process.pid ? process.vpid : process.sid);
  process.tty = reader.integer("tty", 0, maxId) ?? 0;
  process.exeInode = reader.integer("exe_ino", 0, Number.MAX_SAFE_INTEGER) ?? 0;
  process.exeFlags = exeFlags(reader, mistakes);
}

function environment(reader: Reader): string[] {
  const node = reader.node("env");
  if (node?.kind !== "mapping") return reader.list("env") ?? [];
  return node.entries.flatMap(({ key, value }) =>
    value.kind === "scalar" ? [Buffer.from(`${key.text}=${value.text}`, "utf8").toString("latin1")] : [],
  );
}

function exeFlags(reader: Reader, mistakes: Mistakes): number {
  const text = reader.text("exe_flags");
  if (text === undefined || text === "") return 0;
  const value = /^\d+$/.test(text) ? Number(text) : flagValue("EXE_FLAGS", text);
  if (value !== undefined) return value;
  mistakes.at(reader.node("exe_flags")!, `${text} is no number and no names of the set EXE_FLAGS`);
  return 0;
}

/** The process that makes the call, with its ancestors, into the draft's header and process. */
export function readProcess(
  mapping: YamlMapping | undefined,
  container: Container,
  mistakes: Mistakes,
): Draft["process"] & { tid: number; vtid: number } {
  const defaultPid = 1000;
  if (mapping === undefined) return { ...blank(defaultPid, container), tid: defaultPid, vtid: defaultPid };
  const reader = new Reader(mapping, ownKeys, mistakes);
  const pid = reader.integer("pid", 1, maxId) ?? defaultPid;
  const process = { ...blank(pid, container), tid: 0, vtid: 0 };
  fill(process, reader, mistakes);
  process.tid = reader.integer("tid", 1, maxId) ?? pid;
  process.vtid = reader.integer("vtid", 0, maxId) ?? (process.tid === pid ? process.vpid : process.tid);
  let child: MadeProcess = process;
  for (const [i, node] of (reader.items("ancestors") ?? []).entries()) {
    if (node.kind !== "mapping") {
      mistakes.at(node, "an ancestor must be a mapping, as {name: bash}");
      continue;
    }
    const own = new Reader(node, processKeys, mistakes);
    const ancestor = blank(own.integer("pid", 1, maxId) ?? Math.max(1, pid - 1 - i), container);
    fill(ancestor, own, mistakes);
    child.parent = ancestor;
    child.ppid = ancestor.pid;
    child = ancestor;
  }
  return process;
}

const anyone = { name: "", home: "", shell: "" };

/** Keys user and group: who the process runs as, and the names that belong to these ids. */
export function readUsers(event: Reader): MadeUsers & { uid: number; gid: number; loginuid: number } {
  const users = new Map([[0, { name: "root", home: "/root", shell: "/bin/sh" }]]);
  const groups = new Map([[0, { name: "root" }]]);
  const user = event.readerAt("user", ["uid", "name", "homedir", "shell", "loginuid", "loginname"]);
  const group = event.readerAt("group", ["gid", "name"]);
  const uid = user.integer("uid", 0, unset) ?? idFor(user.text("name"));
  const name = user.bytes("name");
  if (name !== undefined)
    users.set(uid, { ...anyone, name, home: user.bytes("homedir") ?? "", shell: user.bytes("shell") ?? "" });
  const loginName = user.bytes("loginname");
  const loginuid = user.integer("loginuid", -1, unset) ?? (loginName === undefined ? -1 : idFor(loginName));
  if (loginName !== undefined && !users.has(loginuid)) users.set(loginuid, { ...anyone, name: loginName });
  const gid = group.integer("gid", 0, unset) ?? idFor(group.text("name"));
  const groupName = group.bytes("name");
  if (groupName !== undefined) groups.set(gid, { name: groupName });
  return { users, groups, uid, gid, loginuid: loginuid === -1 ? unset : loginuid };
}

/** The id of a name that was given without one. */
function idFor(name: string | undefined): number {
  return name === undefined || name === "root" ? 0 : 1000;
}
