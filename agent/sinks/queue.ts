/** One bounded queue per sink: what one sink does, or fails to do, never holds up another. */
import type { Clock } from "./clock.ts";
import { retryDelay, type RetryPolicy } from "./retry.ts";
import { DeliveryError, type RenderedAlert, type Sink } from "./sink.ts";

/** Bytes of alert lines one queue holds at most (UTF-16 units, which is what they cost at least). */
const maximumCharacters = 32 << 20;

/** How long a closed sink may take to close, in milliseconds. */
const closingTime = 500;

/** Says something in the agent's log; what has the same `cause` is said once and then counted. */
export type Report = (level: "warning" | "error" | "info", cause: string, message: string) => void;

export interface QueueOptions {
  /** Alerts it holds. */
  readonly capacity: number;
  /** Milliseconds one `send` may take. */
  readonly timeout: number;
  /** A slow `send` is not given up but waited for, while the queue fills: stdout and files. */
  readonly patient: boolean;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly report: Report;
}

/** What became of the alerts of one sink since the start. Each is in exactly one of the first four in the end. */
export interface SinkCounters {
  readonly name: string;
  readonly delivered: number;
  /** Handed to the sink and not taken. */
  readonly failed: number;
  /** Never handed to it: the queue was full, or the agent ended. */
  readonly dropped: number;
  /** Waiting now, those being sent among them. */
  readonly queued: number;
  readonly retried: number;
  /** Why the last failure was; stays after a delivery. */
  readonly lastError: string | undefined;
  /** Milliseconds since the epoch. */
  readonly lastDelivery: number | undefined;
  /** Whether the last attempt went well; undefined before the first. */
  readonly healthy: boolean | undefined;
}

/** Takes alerts at any rate and hands them to its sink one batch after the other. */
export class SinkQueue {
  readonly sink: Sink;
  readonly #options: QueueOptions;
  /** Waiting ones from #head on; the ones before are gone and cut off now and then. */
  #waiting: RenderedAlert[] = [];
  #head = 0;
  #characters = 0;
  #inFlight = 0;
  #delivered = 0;
  #failed = 0;
  #dropped = 0;
  #retried = 0;
  #lastError: string | undefined;
  #lastDelivery: number | undefined;
  #healthy: boolean | undefined;
  #pump: Promise<void> | undefined;
  #opening: Promise<void> | undefined;
  /** A send that was given up but has not settled. */
  #unsettled: Promise<unknown> | undefined;
  #closed = false;
  readonly #end = new AbortController();

  constructor(sink: Sink, options: QueueOptions) {
    this.sink = sink;
    this.#options = options;
  }

  /** Opens the sink; alerts pushed meanwhile wait for it. Never rejects: a fault is reported and stands in lastError. */
  open(): Promise<void> {
    this.#opening ??= this.#openSink();
    return this.#opening;
  }

  async #openSink(): Promise<void> {
    try {
      await this.sink.open?.();
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      this.#healthy = false;
      this.#options.report("error", `${this.sink.name}: open`, `${this.sink.name}: ${this.#lastError}`);
    }
  }

  /** Takes one alert. False where it was dropped, which is counted and reported. */
  push(alert: RenderedAlert): boolean {
    const full =
      this.#waiting.length - this.#head >= this.#options.capacity ||
      this.#characters + alert.line.length > maximumCharacters;
    if (full || this.#closed) {
      this.#dropped++;
      if (!this.#closed)
        this.#options.report(
          "error",
          `${this.sink.name}: queue full`,
          `${this.sink.name}: its queue is full, alerts are dropped`,
        );
      return false;
    }
    this.#waiting.push(alert);
    this.#characters += alert.line.length;
    this.#pump ??= this.#run();
    return true;
  }

  counters(): SinkCounters {
    return {
      name: this.sink.name,
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      queued: this.#waiting.length - this.#head + this.#inFlight,
      retried: this.#retried,
      lastError: this.#lastError,
      lastDelivery: this.#lastDelivery,
      healthy: this.#healthy,
    };
  }

  reopen(): void {
    this.sink.reopen?.();
  }

  /** Takes nothing more, delivers what waits for up to `milliseconds`, drops and reports the rest, closes the sink. */
  async close(milliseconds: number): Promise<void> {
    this.#closed = true;
    const cancel = this.#options.clock.after(milliseconds, () => this.#end.abort());
    await this.#pump;
    cancel();
    this.#end.abort();
    const rest = this.#waiting.length - this.#head;
    if (rest > 0) {
      this.#dropped += rest;
      this.#waiting = [];
      this.#head = 0;
      this.#options.report(
        "warning",
        `${this.sink.name}: end`,
        `${this.sink.name}: ${rest} alerts were not delivered before the end`,
      );
    }
    await this.#within(
      closingTime,
      this.sink.close().catch(() => {}),
    );
  }

  async #run(): Promise<void> {
    await this.#opening;
    while (this.#head < this.#waiting.length && !this.#end.signal.aborted) await this.#deliver(this.#take());
    this.#pump = undefined;
  }

  #take(): readonly RenderedAlert[] {
    const batch = this.#waiting.slice(this.#head, this.#head + this.sink.batch);
    this.#head += batch.length;
    for (const { line } of batch) this.#characters -= line.length;
    if (this.#head > 1024 || this.#head === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  async #deliver(batch: readonly RenderedAlert[]): Promise<void> {
    let rest = batch;
    for (let tries = 1; ; tries++) {
      this.#inFlight = rest.length;
      const error = await this.#attempt(rest);
      const delivered = error === undefined ? rest.length : error.delivered;
      this.#delivered += delivered;
      this.#healthy = error === undefined;
      if (delivered > 0) this.#lastDelivery = this.#options.clock.now();
      this.#inFlight = rest.length - delivered;
      if (error === undefined) return;
      this.#lastError = error.message;
      rest = rest.slice(delivered);
      if (delivered > 0) tries = 1;
      this.#options.report(
        "error",
        `${this.sink.name}: ${error.message}`,
        `${this.sink.name}: ${error.message}`,
      );
      const delay = retryDelay(error, tries, this.#options.retry, this.#options.random);
      if (delay === undefined || this.#end.signal.aborted) break;
      this.#retried++;
      await this.#within(delay, undefined);
      if (this.#end.signal.aborted) break;
    }
    this.#failed += rest.length;
    this.#inFlight = 0;
  }

  /** One `send`; undefined where all went well. */
  async #attempt(batch: readonly RenderedAlert[]): Promise<DeliveryError | undefined> {
    if (this.#unsettled !== undefined) await this.#untilEnd(this.#unsettled);
    if (this.#unsettled !== undefined) return new DeliveryError("timeout", "it still hangs at the end");
    const { clock, timeout, patient, report } = this.#options;
    const controller = new AbortController();
    let givenUp: DeliveryError | undefined;
    let wake = () => {};
    const given = new Promise<void>((resolve) => (wake = resolve));
    const giveUp = (reason: DeliveryError) => {
      givenUp = reason;
      controller.abort();
      wake();
    };
    const ended = () => giveUp(new DeliveryError("timeout", "the agent ended before it was delivered"));
    this.#end.signal.addEventListener("abort", ended, { once: true });
    const cancel = clock.after(timeout, () => {
      if (!patient) giveUp(new DeliveryError("timeout", `no success within ${timeout} ms`));
      else
        report(
          "warning",
          `${this.sink.name}: slow`,
          `${this.sink.name}: took no alert for ${timeout} ms; they wait in its queue`,
        );
    });
    let settled = false;
    const sending = this.#send(batch, controller.signal).finally(() => (settled = true));
    if (this.#end.signal.aborted) ended();
    await Promise.race([sending, given.then(oneTurn)]);
    cancel();
    this.#end.signal.removeEventListener("abort", ended);
    if (settled) return combined(await sending, givenUp);
    this.#unsettled = sending.finally(() => (this.#unsettled = undefined));
    return givenUp;
  }

  async #send(batch: readonly RenderedAlert[], signal: AbortSignal): Promise<DeliveryError | undefined> {
    try {
      await this.sink.send(batch, signal);
      return undefined;
    } catch (error) {
      if (error instanceof DeliveryError) return error;
      return new DeliveryError("permanent", error instanceof Error ? error.message : String(error));
    }
  }

  /** Waits that long, or until `sooner` settles; without it until the queue ends. */
  #within(milliseconds: number, sooner: Promise<unknown> | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(milliseconds, () => done());
      const done = () => {
        cancel();
        this.#end.signal.removeEventListener("abort", done);
        resolve();
      };
      if (sooner !== undefined) void sooner.then(done, done);
      else if (this.#end.signal.aborted) done();
      else this.#end.signal.addEventListener("abort", done);
    });
  }

  /** Waits until it settles or the queue ends. */
  #untilEnd(promise: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#end.signal.removeEventListener("abort", done);
        resolve();
      };
      promise.then(done, done);
      if (this.#end.signal.aborted) done();
      else this.#end.signal.addEventListener("abort", done);
    });
  }
}

/** Lets a send that was told to give up say how far it came. */
function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Our reason for giving up, with the number of alerts that were delivered all the same. */
function combined(
  said: DeliveryError | undefined,
  givenUp: DeliveryError | undefined,
): DeliveryError | undefined {
  if (said === undefined || givenUp === undefined) return said;
  return new DeliveryError(givenUp.fault, givenUp.message, { delivered: said.delivered });
}
