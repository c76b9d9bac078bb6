/** What ends a running agent from the outside. */
import { endProcess } from "../end-process.ts";

/** Exit codes of a process that a signal ended: 128 and its number. */
const signalled = { SIGINT: 130, SIGTERM: 143 } as const;

/** Tools such as timeout(1) signal a process and then its group: what comes so soon is the same wish, in ms. */
const SAME_WISH = 300;

/** The first signal asks for the end, another one does not wait for it. */
export function endOnSignals(running: { stop(): void }): void {
  let asked: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      const now = performance.now();
      if (asked !== undefined && now - asked > SAME_WISH) endProcess(signalled[signal]);
      asked ??= now;
      running.stop();
    });
}
