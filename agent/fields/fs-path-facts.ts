import { missing, type Read } from "./field.ts";
export const onName: readonly string[] = [
  "mkdir",
  "mkdirat",
  "rmdir",
  "unlink",
  "unlinkat",
  "open",
  "openat",
  "openat2",
  "chmod",
  "fchmodat",
  "fchmod",
  "fchown",
  "chown",
  "lchown",
  "fchownat",
  "quotactl",
  "umount",
  "umount2",
];
export const onTwo: readonly string[] = [
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "symlink",
  "symlinkat",
  "mount",
];
export const absolute = ((): Read => missing) as (a: string) => Read;
export const asked = ((): Read => missing) as (a: string) => Read;
export const resolved = ((): Read => missing) as (a: string) => Read;
