/** Does what list-watch.ts decides: one kind of object, watched until it is stopped. */
import { IdleWatch, type ApiRequest, type KubeClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import { ApiFault, asFault, type FaultKind } from "./fault.ts";
import { ListWatch, type ListWatchOptions, type Step, type Target } from "./list-watch.ts";

export interface WatcherOptions extends ListWatchOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** `/api/v1/pods`. */
  readonly path: string;
  /** Selectors. */
  readonly query?: Readonly<Record<string, string>>;
  /** Only metadata is asked for, which is a small part of most objects. */
  readonly metadataOnly?: boolean;
  readonly target: Target;
  /** Told of each fault. */
  readonly onFault: (fault: ApiFault) => void;
  /** Told when the server takes a watch. */
  readonly onOpened: () => void;
}

/** How one kind of object stands. */
export interface WatcherStatus {
  /** A watch runs, or lists and watches alternate without a fault. */
  readonly connected: boolean;
  /** When a list was last whole: ms since the epoch; undefined for never. */
  readonly lastSync: number | undefined;
  /** Why the last question failed; undefined when it did not. */
  readonly fault: string | undefined;
  /** Faults since the start. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly lists: number;
  readonly watches: number;
  readonly events: number;
  /** Objects that were longer than an object may be. */
  readonly tooLong: number;
}

/** Accept headers for metadata alone, for servers of any age. */
export function metadataOf(kind: "PartialObjectMetadata" | "PartialObjectMetadataList"): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
}

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #machine: ListWatch;
  readonly #end = new AbortController();
  #connected = false;
  #lastSync: number | undefined;
  #fault: ApiFault | undefined;
  readonly #faults = new Map<FaultKind, number>();
  readonly #counts = { lists: 0, watches: 0, events: 0, tooLong: 0 };
  #running: Promise<void> | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#machine = new ListWatch(options.target, options);
  }

  get status(): WatcherStatus {
    return {
      connected: this.#connected,
      lastSync: this.#lastSync,
      fault: this.#fault?.message,
      faults: this.#faults,
      ...this.#counts,
    };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing more will be told. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#end.signal.aborted) {
      const step = this.#machine.step(clock.now());
      try {
        await this.#act(step);
      } catch (error) {
        if (this.#end.signal.aborted) return;
        this.#failed(asFault(error));
      }
    }
  }

  #failed(fault: ApiFault): void {
    this.#connected = false;
    this.#fault = fault;
    this.#faults.set(fault.kind, (this.#faults.get(fault.kind) ?? 0) + 1);
    this.#machine.fault(fault, this.#options.clock.now());
    this.#options.onFault(fault);
  }

  async #act(step: Step): Promise<void> {
    const { client, clock } = this.#options;
    const { signal } = this.#end;
    switch (step.kind) {
      case "wait":
        return this.#wait(step.milliseconds);
      case "list": {
        this.#counts.lists++;
        const leftOut = () => void this.#counts.tooLong++;
        const take = (object: unknown) => this.#machine.item(object);
        this.#machine.page(await client.list(this.#request(step), { take, leftOut }, signal));
        this.#lastSync = clock.now();
        return;
      }
      case "watch": {
        this.#counts.watches++;
        const leftOut = () => {
          this.#counts.tooLong++;
          throw new ApiFault("nonsense", "an event is too long");
        };
        const take = (event: unknown) => {
          this.#counts.events++;
          this.#machine.event(event);
        };
        const opened = () => {
          this.#connected = true;
          this.#fault = undefined;
          this.#options.onOpened();
        };
        try {
          await client.watch(this.#request(step), { take, leftOut, opened }, signal);
        } catch (error) {
          // No fault: a server sends no bookmarks for a kind that nothing happens to, unless its etcd reports progress.
          // The watch goes on over another connection; where this one was dead, that one will say so.
          if (error instanceof IdleWatch) return;
          throw error;
        }
        this.#machine.ended(clock.now());
      }
    }
  }

  #request({ kind, query }: Exclude<Step, { kind: "wait" }>): ApiRequest {
    const accept =
      this.#options.metadataOnly === true
        ? metadataOf(kind === "list" ? "PartialObjectMetadataList" : "PartialObjectMetadata")
        : undefined;
    return {
      path: this.#options.path,
      query: { ...this.#options.query, ...query },
      ...(accept !== undefined && { accept }),
    };
  }

  #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#end;
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#options.clock.after(milliseconds, done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
