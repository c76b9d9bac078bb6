/** Lists of strings as the kernel keeps them: each ended by a NUL (argv, environment). */
import type { ByteString } from "./types.ts";

const none: readonly ByteString[] = Object.freeze([]);

/**
 * The strings of an argument area from the `from`th on. The last one need not be ended: it may have been cut.
 */
export function splitAtNul(area: ByteString, from = 0): readonly ByteString[] {
  if (area === "") return none;
  const end = area.endsWith("\0") ? area.length - 1 : area.length;
  const strings = area.slice(0, end).split("\0");
  return from === 0 ? strings : strings.slice(from);
}

/** The first string of an argument area: argv[0]. */
export function firstOf(area: ByteString): ByteString {
  const end = area.indexOf("\0");
  return end < 0 ? area : area.slice(0, end);
}
