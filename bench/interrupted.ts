/** Ctrl-C and SIGTERM: what the bench started ends with it, each by its own end, the last one started first. */
import { constants } from "node:os";

type End = () => unknown;

const ends = new Set<End>();

/** `end` is called if the bench is interrupted from now on. Returns what takes that back. */
export function endWithUs(end: End): () => void {
  ends.add(end);
  return () => ends.delete(end);
}

async function endAll(): Promise<void> {
  for (const end of [...ends].reverse()) {
    try {
      await end();
    } catch (error) {
      console.error("on the way out:", error);
    }
  }
}

/**
 * Does `work` and ends this process with the exit code it gives; where a signal comes first, with the shell's code for
 * it, once everything is ended. A second signal ends this process at once.
 */
export async function runInterruptible(work: () => Promise<number>): Promise<never> {
  let ending: Promise<number> | undefined;
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        console.error(`${signal}: ending what was started`);
        ending = endAll().then(() => 128 + constants.signals[signal]);
        resolve(ending);
      });
  });
  const done = work().catch((error: unknown) => {
    // What fails now fails because its programs were ended.
    if (ending === undefined) throw error;
    return ending;
  });
  process.exit(await Promise.race([done.then((code) => ending ?? code), interrupted]));
}
