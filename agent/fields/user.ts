/** user.*, group.*: who the process runs as. Names come from the container's own files where it has some. */
import { HEADER } from "../events/record.ts";
import type { SyscallContext } from "./context.ts";
import { field, type Field } from "./field.ts";

/** What Falco prints where a name is not known: a text, not a missing value. */
const unknown = "<NA>";
const unset = 0xffffffff;

const uid = (c: SyscallContext) => c.record.u32(HEADER.uid);
const user = (c: SyscallContext) => c.host.users.user(uid(c), c.process);
const orRoot = (c: SyscallContext, root: string) => (uid(c) === 0 ? root : unknown);

// prettier-ignore
export const userFields: readonly Field[] = [
  field("user.uid", "UINT32", "Effective user id.", "user.uid = 0", uid),
  field("user.name", "CHARBUF", "Name of the user; <NA> where it has none.", "user.name = root", (c) => user(c)?.name ?? orRoot(c, "root")),
  field("user.homedir", "CHARBUF", "Home directory of the user.", "user.homedir = /root", (c) => user(c)?.home ?? orRoot(c, "/root")),
  field("user.shell", "CHARBUF", "Login shell of the user.", "user.shell = /bin/bash", (c) => user(c)?.shell ?? unknown),
  field("user.loginuid", "INT64", "User id of the login that led here, kept through su and sudo; -1 where there was none.", "user.loginuid != 0", loginuid),
  field("user.loginname", "CHARBUF", "Name of that user; <NA> where there was no login.", "user.loginname != root", loginName),
  field("group.gid", "UINT32", "Effective group id.", "group.gid = 0", (c) => c.record.u32(HEADER.gid)),
  field("group.name", "CHARBUF", "Name of the group; <NA> where it has none.", "group.name = root", groupName),
];

function loginuid(c: SyscallContext): number {
  const value = c.record.u32(HEADER.loginuid);
  return value === unset ? -1 : value;
}

function loginName(c: SyscallContext): string {
  const value = c.record.u32(HEADER.loginuid);
  if (value === unset) return unknown;
  return c.host.users.user(value, c.process)?.name ?? (value === 0 ? "root" : unknown);
}

function groupName(c: SyscallContext): string {
  const gid = c.record.u32(HEADER.gid);
  return c.host.users.group(gid, c.process)?.name ?? (gid === 0 ? "root" : unknown);
}
