import { missing, type Read } from "./field.ts";
import type { SyscallContext } from "./context.ts";
export const descriptor = ((): number | undefined => undefined) as (a: SyscallContext) => number | undefined;
export const hasDescriptor = ((): boolean => false) as (a: SyscallContext) => boolean;
export const connected = missing,
  device = missing,
  fileSystemPath = missing,
  inode = missing,
  isServer = missing,
  l4proto = missing,
  links = missing,
  nameChanged = missing,
  realPath = missing,
  socketFamily = missing,
  type = missing,
  typeCharacter = missing;
export const onLayer = ((): Read => missing) as (a: string) => Read;
export const devicePart = ((): Read => missing) as (a: string) => Read;
export const types = ((): Read => missing) as (argument: string | undefined) => Read;
