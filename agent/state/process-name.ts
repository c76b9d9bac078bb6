/** What proc.name of a process is that was there before anybody watched. Pure. */
import { firstOf, splitAtNul } from "./byte-lists.ts";
import type { ByteString } from "./types.ts";

/** The kernel cuts comm here. */
const COMM_LENGTH = 15;

const base = (path: ByteString): ByteString => path.slice(path.lastIndexOf("/") + 1).slice(0, COMM_LENGTH);

/**
 * The name as exec gave it, from what /proc shows now: the main thread may have renamed itself since (Node 24 calls its
 * own `MainThread`), and rules mean the program.
 *
 * exec takes the last component of the path as passed, which is the program's, a link's to it (then argv[0] shows it)
 * or, for a script, the script's (then it is an argument of its interpreter). Where the main thread's name is one of
 * these it stands, else the program's file gives the name. Without a program (kernel threads) the thread's name is all
 * there is.
 */
export function processName(threadName: ByteString, exePath: ByteString, args: ByteString): ByteString {
  if (exePath === "") return threadName;
  const name = threadName.slice(0, COMM_LENGTH);
  if (name === base(exePath) || name === base(firstOf(args))) return threadName;
  // A login shell's argv[0] begins with "-"; a script stands within the first arguments.
  if (firstOf(args) === `-${name}`) return threadName;
  if (
    splitAtNul(args, 1)
      .slice(0, 3)
      .some((argument) => base(argument) === name)
  )
    return threadName;
  return base(exePath);
}
