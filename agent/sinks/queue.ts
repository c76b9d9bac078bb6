/** One bounded queue per sink: what one sink does, or fails to do, never holds up another. */
import type { Clock } from "./clock.ts";
import { retryDelay, type RetryPolicy } from "./retry.ts";
import { DeliveryError, type RenderedAlert, type Sink } from "./sink.ts";
import type { Spool } from "./spool.ts";

/** Alert lines one queue holds at most (UTF-16 units, which is what they cost at least), where it is not said. */
const maximumCharacters = 32 << 20;

/** How long a closed sink may take to close, in milliseconds. */
const closingTime = 500;

/** Says something in the agent's log; what has the same `cause` is said once and then counted. */
export type Report = (level: "warning" | "error" | "info", cause: string, message: string) => void;

/** Where alerts wait that the queue has no room for, and those that are left at the end. */
export interface QueueSpool {
  readonly files: Spool;
  readonly pack: (alert: RenderedAlert) => Buffer;
  /** Undefined for what another version wrote in another form. */
  readonly unpack: (record: Buffer) => RenderedAlert | undefined;
}

/** How a sink is treated. */
export interface Handling {
  /** Milliseconds one `send` may take. */
  readonly timeout: number;
  /** A slow `send` is not given up but waited for, while the queue fills: stdout and files. */
  readonly patient: boolean;
  readonly retry: RetryPolicy;
}

export interface QueueOptions extends Handling {
  /** In counters and reports; absent: the sink's. */
  readonly name?: string;
  /** Alerts it holds. */
  readonly capacity: number;
  /** UTF-16 units of lines it holds; absent: 32 Mi. */
  readonly characters?: number;
  readonly clock: Clock;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly report: Report;
  readonly spool?: QueueSpool;
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
  /** Waiting on disk now. */
  readonly spooled: number;
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
  #sink: Sink;
  #handling: Handling;
  readonly #options: QueueOptions;
  /** Waiting ones from #head on; the ones before are gone and cut off now and then. */
  #waiting: RenderedAlert[] = [];
  #head = 0;
  #characters = 0;
  #inFlight = 0;
  /** How many of those that wait or are being sent came from the spool, which still has them. They are the first. */
  #fromSpool = 0;
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
  /** Takes the place of #sink before the next try. */
  #next: { readonly sink: Sink; readonly handling: Handling } | undefined;
  /** Why nothing is sent for now. */
  #held: string | undefined;
  /** Told that #next, #held or the spool has changed. */
  #changed = new AbortController();

  constructor(sink: Sink, options: QueueOptions) {
    this.#sink = sink;
    this.#handling = options;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name ?? this.#sink.name;
  }

  /** Opens the sink; alerts pushed meanwhile wait for it. Never rejects: a fault is reported and stands in lastError. */
  open(): Promise<void> {
    this.#opening ??= this.#openSink();
    if (this.#spooled > 0) this.#pump ??= this.#run();
    return this.#opening;
  }

  async #openSink(): Promise<void> {
    try {
      await this.#sink.open?.();
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      this.#healthy = false;
      this.#report("error", "open", this.#lastError);
    }
  }

  /** Takes one alert. False where it was dropped, which is counted and reported. */
  push(alert: RenderedAlert): boolean {
    if (this.#closed) return this.#drop();
    const { spool, capacity, characters = maximumCharacters } = this.#options;
    const full =
      this.#waiting.length - this.#head >= capacity || this.#characters + alert.line.length > characters;
    if (full || this.#spooled > 0) {
      if (spool?.files.append(spool.pack(alert)) !== true) {
        this.#report("error", "queue full", "its queue is full, alerts are dropped");
        return this.#drop();
      }
    } else this.#add(alert);
    this.#pump ??= this.#run();
    return true;
  }

  /** Counts an alert that was kept from it. */
  refuse(cause: string, message: string): void {
    this.#report("warning", cause, message);
    this.#drop();
  }

  /** Counts alerts that the spool lost. */
  lost(alerts: number, reason: string): void {
    this.#dropped += alerts;
    this.#report("error", "spool", `its spool lost alerts: ${reason}`);
  }

  /** Sends from now on to another sink, what waits as well; the old one is closed. */
  replace(sink: Sink, handling: Handling = this.#handling): void {
    if (this.#closed) return void sink.close().catch(() => {});
    void this.#next?.sink.close().catch(() => {});
    this.#next = { sink, handling };
    this.#held = undefined;
    this.#wake();
  }

  /** Sends nothing until `replace`; what comes waits. `reason` stands in lastError. */
  hold(reason: string): void {
    this.#held = reason;
    this.#lastError = reason;
    this.#healthy = false;
    this.#report("warning", "held", reason);
    this.#wake();
  }

  counters(): SinkCounters {
    return {
      name: this.name,
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      queued: this.#waiting.length - this.#head + this.#inFlight,
      spooled: this.#spooled,
      retried: this.#retried,
      lastError: this.#lastError,
      lastDelivery: this.#lastDelivery,
      healthy: this.#healthy,
    };
  }

  reopen(): void {
    this.#sink.reopen?.();
  }

  /**
   * Takes nothing more, delivers what waits for up to `milliseconds`, closes the sink. The rest goes to the spool; without
   * one it is dropped and reported. `forget`: the spool is deleted, what was in it is dropped too.
   */
  async close(milliseconds: number, { forget = false } = {}): Promise<void> {
    this.#closed = true;
    const cancel = this.#options.clock.after(milliseconds, () => this.#end.abort());
    if (this.#held !== undefined) this.#end.abort();
    this.#wake();
    await this.#pump;
    cancel();
    this.#end.abort();
    const rest = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    const lost = rest.length - (await this.#keep(rest, forget));
    if (lost > 0) {
      this.#dropped += lost;
      this.#report("warning", "end", `${lost} alerts were not delivered before the end`);
    }
    await this.#within(
      closingTime,
      this.#sink.close().catch(() => {}),
    );
  }

  /** Puts into the spool what is left, and closes it; gives how many it took. */
  async #keep(rest: readonly RenderedAlert[], forget: boolean): Promise<number> {
    const { spool } = this.#options;
    if (spool === undefined) return 0;
    if (forget) {
      // What came from the spool and still waits is counted by the caller.
      this.lost(this.#spooled, "the sink was removed");
      await spool.files.remove();
      return 0;
    }
    const kept = rest.length === 0 ? 0 : await spool.files.putBack(rest.map((alert) => spool.pack(alert)));
    await spool.files.close();
    return kept;
  }

  get #spooled(): number {
    return this.#options.spool?.files.count ?? 0;
  }

  #drop(): boolean {
    this.#dropped++;
    return false;
  }

  #add(alert: RenderedAlert): void {
    this.#waiting.push(alert);
    this.#characters += alert.line.length;
  }

  #report(level: Parameters<Report>[0], cause: string, message: string): void {
    this.#options.report(level, `${this.name}: ${cause}`, `${this.name}: ${message}`);
  }

  /** Ends a wait for the next try, and one for a held sink. */
  #wake(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
    this.#pump ??= this.#run();
  }

  async #run(): Promise<void> {
    await this.#opening;
    while (!this.#end.signal.aborted) {
      if (this.#held !== undefined) await this.#untilChanged();
      else if (this.#next !== undefined) await this.#swap(this.#next);
      else if (this.#head < this.#waiting.length) await this.#deliver(this.#take());
      else if (this.#spooled > 0) await this.#fromDisk();
      else break;
    }
    this.#pump = undefined;
  }

  async #swap({ sink, handling }: { readonly sink: Sink; readonly handling: Handling }): Promise<void> {
    this.#next = undefined;
    this.#unsettled = undefined;
    const old = this.#sink;
    this.#sink = sink;
    this.#handling = handling;
    await this.#within(
      closingTime,
      old.close().catch(() => {}),
    );
    this.#healthy = undefined;
    await this.#openSink();
  }

  async #fromDisk(): Promise<void> {
    const { files, unpack } = this.#options.spool!;
    await files.take((records) => {
      for (const record of records) {
        const alert = unpack(record);
        if (alert === undefined) this.lost(1, "another version wrote it");
        else {
          this.#add(alert);
          this.#fromSpool++;
        }
      }
    });
    if (this.#fromSpool === 0) await files.settled();
  }

  #take(): readonly RenderedAlert[] {
    const batch = this.#waiting.slice(this.#head, this.#head + this.#sink.batch);
    this.#head += batch.length;
    for (const { line } of batch) this.#characters -= line.length;
    if (this.#head > 1024 || this.#head === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** The rest of a batch waits again, before all others. */
  #giveBack(rest: readonly RenderedAlert[]): void {
    this.#waiting = [...rest, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
    for (const { line } of rest) this.#characters += line.length;
    this.#inFlight = 0;
  }

  async #deliver(batch: readonly RenderedAlert[]): Promise<void> {
    let rest = batch;
    for (let tries = 1; ; tries++) {
      this.#inFlight = rest.length;
      const error = await this.#attempt(rest);
      const delivered = error === undefined ? rest.length : error.delivered;
      this.#delivered += delivered;
      this.#settle(delivered);
      this.#healthy = error === undefined;
      if (delivered > 0) this.#lastDelivery = this.#options.clock.now();
      this.#inFlight = rest.length - delivered;
      if (error === undefined) return;
      this.#lastError = error.message;
      rest = rest.slice(delivered);
      if (delivered > 0) tries = 1;
      this.#report("error", error.message, error.message);
      if (this.#changes) return this.#giveBack(rest);
      if (error.fault === "permanent" && error.refused !== undefined && error.refused < rest.length) {
        this.#fail(error.refused);
        return this.#giveBack(rest.slice(error.refused));
      }
      const delay = retryDelay(error, tries, this.#handling.retry, this.#options.random);
      if (delay === undefined) break;
      if (this.#end.signal.aborted) return this.#unsent(rest);
      this.#retried++;
      await this.#within(delay, undefined);
      if (this.#changes) return this.#giveBack(rest);
      if (this.#end.signal.aborted) return this.#unsent(rest);
    }
    this.#fail(rest.length);
    this.#inFlight = 0;
  }

  /** Whether the sink is to be another one, or to be left alone. */
  get #changes(): boolean {
    return this.#next !== undefined || this.#held !== undefined;
  }

  #fail(alerts: number): void {
    this.#failed += alerts;
    this.#settle(alerts);
  }

  /** What a passing fault left when the agent ends: the spool has it until the next start. */
  #unsent(rest: readonly RenderedAlert[]): void {
    if (this.#options.spool !== undefined) return this.#giveBack(rest);
    this.#fail(rest.length);
    this.#inFlight = 0;
  }

  /** The oldest alerts are done with. */
  #settle(alerts: number): void {
    if (this.#fromSpool === 0) return;
    this.#fromSpool = Math.max(0, this.#fromSpool - alerts);
    if (this.#fromSpool === 0) void this.#options.spool?.files.settled();
  }

  /** One `send`; undefined where all went well. */
  async #attempt(batch: readonly RenderedAlert[]): Promise<DeliveryError | undefined> {
    if (this.#unsettled !== undefined) await this.#untilEnd(this.#unsettled);
    if (this.#unsettled !== undefined) return new DeliveryError("timeout", "it still hangs at the end");
    const { clock } = this.#options;
    const { timeout, patient } = this.#handling;
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
      else this.#report("warning", "slow", `took no alert for ${timeout} ms; they wait in its queue`);
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
      await this.#sink.send(batch, signal);
      return undefined;
    } catch (error) {
      if (error instanceof DeliveryError) return error;
      return new DeliveryError("permanent", error instanceof Error ? error.message : String(error));
    }
  }

  /** Waits that long, or until `sooner` settles; without it until the queue ends or its sink changes. */
  #within(milliseconds: number, sooner: Promise<unknown> | undefined): Promise<void> {
    const wake = new AbortController();
    const cancel = this.#options.clock.after(milliseconds, () => wake.abort());
    if (sooner !== undefined)
      void sooner.then(
        () => wake.abort(),
        () => wake.abort(),
      );
    const signals = sooner === undefined ? [this.#end.signal, this.#changed.signal] : [];
    return anyOf([wake.signal, ...signals]).finally(cancel);
  }

  /** Waits until it settles or the queue ends. */
  #untilEnd(promise: Promise<unknown>): Promise<void> {
    const wake = new AbortController();
    promise.then(
      () => wake.abort(),
      () => wake.abort(),
    );
    return anyOf([wake.signal, this.#end.signal]);
  }

  #untilChanged(): Promise<void> {
    return anyOf([this.#changed.signal, this.#end.signal]);
  }
}

/** Resolves once one of the signals is aborted; keeps no listener on the others. */
function anyOf(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    for (const signal of signals) signal.addEventListener("abort", done);
    if (signals.some(({ aborted }) => aborted)) done();
  });
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
