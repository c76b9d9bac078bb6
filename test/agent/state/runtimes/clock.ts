/** Clocks for tests of container runtimes. */
import type { Clock } from "../../../../agent/state/runtimes/runtime.ts";

export { FakeClock, until } from "../../sinks/sample.ts";

/** The machine's, for what goes through real sockets. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
