/** Alerts for the tests of sinks, a clock that tests move, and a way to wait without sleeping. */
import type { Alert } from "../../../agent/engine/alert.ts";
import type { Clock } from "../../../agent/sinks/clock.ts";
import type { QueueOptions } from "../../../agent/sinks/queue.ts";
import { noRetry } from "../../../agent/sinks/retry.ts";
import { systemClock } from "../../../agent/sinks/clock.ts";
import type { RenderedAlert } from "../../../agent/sinks/sink.ts";

export function sampleAlert(more: Partial<Alert> = {}): Alert {
  return {
    rule: "Terminal shell in container",
    identity: undefined,
    priority: 5,
    source: "syscall",
    tags: ["container", "shell"],
    time: 1_700_000_000_123_456_789n,
    hostname: "node7",
    message: "A shell was started (user=root)",
    fields: [
      ["proc.name", "bash"],
      ["user.uid", 0],
      ["proc.aname[2]", null],
    ],
    group: undefined,
    subject: undefined,
    sinks: undefined,
    ...more,
  };
}

/** An alert whose line and message hold `alert-N.`. */
export function numbered(n: number): RenderedAlert {
  const alert = sampleAlert({ message: `alert-${n}.` });
  return { alert, line: `14:03:07.123456789: Notice alert-${n}.` };
}

/** Options of a queue; reports are pushed to `said`. */
export function queueOptions(more: Partial<QueueOptions> = {}, said: string[] = []): QueueOptions {
  return {
    capacity: 10_000,
    timeout: 2000,
    patient: false,
    retry: noRetry,
    clock: systemClock,
    random: () => 0.5,
    report: (_level, _cause, message) => said.push(message),
    ...more,
  };
}

/** A clock that stands still until `advance` moves it; timers run in the order of their times. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Milliseconds until each timer, soonest first. */
  get pending(): readonly number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Moves time on, running what falls due and what follows from it. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = until;
    await settled();
  }
}

/** Lets everything that can run now run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until `holds` does, at most ten seconds; then fails with `what` and what was seen. */
export async function until(
  what: string,
  holds: () => boolean,
  seen: () => unknown = () => "",
): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what} did not come: ${JSON.stringify(seen())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
