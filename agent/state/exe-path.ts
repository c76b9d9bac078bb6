/** EXE_FLAGS as in agent/events/record.ts exeFact, as far as a path shows them. */
export const exeFlags = { MEMFD: 4, DELETED: 16 } as const;

/**
 * proc.exepath of a program, from the path the kernel made: one that lies in memory alone (memfd_create) has no place
 * in any tree, so its name stands without a slash, as rules have it: `memfd:NAME`.
 */
export function exePathOf(path: string, flags: number): string {
  return (flags & exeFlags.MEMFD) !== 0 && path.startsWith("/memfd:") ? path.slice(1) : path;
}
