/** All sinks together: an alert is rendered once and goes to each queue. */
import type { Alert } from "../engine/alert.ts";
import type { SinkCounters, SinkQueue } from "./queue.ts";

/** One sink's queue, and which alerts it wants. */
export interface Output {
  readonly queue: SinkQueue;
  /** Absent: all. */
  readonly wants?: (alert: Alert) => boolean;
}

/** Sinks that come and go while the agent runs (objects/alert-sinks.ts). */
export interface MoreSinks {
  publish(alerts: readonly Alert[]): void;
  reopen(): void;
  counters(): readonly SinkCounters[];
  close(milliseconds: number): Promise<void>;
}

export class Outputs {
  #more: MoreSinks | undefined;
  readonly #outputs: readonly Output[];
  readonly #render: (alert: Alert) => string;

  constructor(outputs: readonly Output[], render: (alert: Alert) => string) {
    this.#outputs = outputs;
    this.#render = render;
  }

  /** Opens every sink. Never rejects: a sink that does not open is reported and tried again with each alert. */
  async open(): Promise<void> {
    await Promise.all(this.#outputs.map(({ queue }) => queue.open()));
  }

  /** Gives alerts to these too from now on; they share its end. */
  attach(more: MoreSinks): void {
    this.#more = more;
  }

  /** Gives alerts to every sink that wants them. Never blocks and never throws. */
  publish(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const rendered = { alert, line: this.#render(alert) };
      for (const { queue, wants } of this.#outputs)
        if (wants === undefined || wants(alert)) queue.push(rendered);
    }
    this.#more?.publish(alerts);
  }

  /** SIGUSR1: files and programs are opened anew. */
  reopen(): void {
    for (const { queue } of this.#outputs) queue.reopen();
    this.#more?.reopen();
  }

  counters(): readonly SinkCounters[] {
    return [...this.#outputs.map(({ queue }) => queue.counters()), ...(this.#more?.counters() ?? [])];
  }

  /** Delivers what waits, for at most that many milliseconds, and closes all. */
  async close(milliseconds: number): Promise<void> {
    const closing = this.#outputs.map(({ queue }) => queue.close(milliseconds));
    await Promise.all([...closing, this.#more?.close(milliseconds)]);
  }
}
