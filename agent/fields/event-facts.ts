import { events } from "../events/table.ts";
import type { SyscallContext } from "./context.ts";
import { missing, type Read } from "./field.ts";
export const buffer = missing,
  bufferLength = missing,
  category = missing,
  failed = missing,
  isWait = missing,
  isWriteToSyslog = missing,
  result = missing,
  resultText = missing;
export const ioDirection = ((): string | undefined => undefined) as (a: SyscallContext) => string | undefined;
export const errorCount = ((): Read => missing) as (a: "any" | "file" | "net" | "memory" | "other") => Read;
export const eventName = (c: SyscallContext): string => events[c.record.type]?.name ?? "";
export const isSyscall = (c: SyscallContext) => eventName(c) !== "procexit";
export const fileOpen = { read: missing, write: missing, exec: missing, create: missing };
