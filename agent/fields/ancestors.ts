/** Walks from a process to its ancestors. A cycle, which reused ids could make, is cut. */
import type { Process } from "../state/types.ts";

/** Nobody has more ancestors; what lies beyond is not looked at. */
const limit = 256;

/** Ancestor `n` of a process: 0 is itself, 1 its parent; undefined where the chain is shorter. */
export function ancestor(process: Process | undefined, n: number): Process | undefined {
  let at = process;
  for (let i = 0; i < n && at !== undefined; i++) at = at.parent === process ? undefined : at.parent;
  return at;
}

/** All ancestors, nearest first, the process itself not among them. */
export function ancestors(process: Process | undefined): Process[] {
  const found: Process[] = [];
  for (let at = process?.parent; at !== undefined && at !== process && found.length < limit; at = at.parent) {
    if (at.parent === at) {
      found.push(at);
      break;
    }
    found.push(at);
  }
  return found;
}

/** The oldest of the process and its ancestors for which `holds` without a gap; undefined if not even the process. */
export function oldestInLine(
  process: Process | undefined,
  holds: (candidate: Process) => boolean,
): Process | undefined {
  if (process === undefined || !holds(process)) return undefined;
  let oldest = process;
  for (const at of ancestors(process)) {
    if (!holds(at)) break;
    oldest = at;
  }
  return oldest;
}
