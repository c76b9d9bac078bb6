/** All informers of the operator. Nothing is planned before each of them has listed: a half set would be taken for the whole. */
import type { KubeClient } from "../../agent/kube/client.ts";
import type { Clock } from "../../agent/kube/clock.ts";
import type { ApiFault } from "../../agent/kube/fault.ts";
import { defaultRetry, type RetryPolicy } from "../../agent/kube/retry.ts";
import { Watcher, type WatcherStatus } from "../../agent/kube/watcher.ts";
import { InformerStore, type Informer, type InformerOptions } from "./informer.ts";
import type { Log } from "./log.ts";
import { pathOf } from "./resources.ts";

/**
 * There are few operators, so none needs to stand back for long: ten seconds after a server is back all is current again. A
 * right that was just given is noticed within a minute.
 */
const retry: RetryPolicy = { ...defaultRetry, base: 500, cap: 10_000, seldom: 30_000 };

/** Objects a page. */
const defaultLimit = 500;

export interface InformersOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly retry?: RetryPolicy;
}

interface Opened {
  readonly options: InformerOptions<unknown>;
  readonly store: InformerStore<unknown>;
  readonly watcher: Watcher;
  readonly path: string;
}

/** How one informer stands. */
export interface InformerStatus extends WatcherStatus {
  /** `falcorules`, with its namespace where it has one. */
  readonly name: string;
  readonly synced: boolean;
  readonly objects: number;
  /** Objects that were left out since there were too many. */
  readonly tooMany: number;
}

export class Informers {
  readonly #options: InformersOptions;
  readonly #opened: Opened[] = [];
  #running = false;

  constructor(options: InformersOptions) {
    this.#options = options;
  }

  /** The informer of a kind, selectors and projection; the one that is there already where there is one. */
  open<T>(options: InformerOptions<T>): Informer<T> {
    const same = this.#opened.find((opened) => isSame(opened.options, options as InformerOptions<unknown>));
    if (same !== undefined) return same.store as InformerStore<T>;
    const { resource, namespace, labelSelector, fieldSelector, metadataOnly = false } = options;
    const { limit = defaultLimit } = options;
    const { client, clock, random, log } = this.#options;
    const path = pathOf(resource, { namespace });
    const store = new InformerStore(options, (error, key) =>
      log("error", `${resource.kind} ${key} cannot be taken in: ${String(error)}`, `take-in ${path}`),
    );
    const watcher = new Watcher({
      client,
      clock,
      random,
      path,
      limit,
      metadataOnly,
      retry: this.#options.retry ?? retry,
      query: {
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
      },
      target: store,
      onFault: (fault) => this.#sayFault(resource.plural, fault),
      onOpened: () => {},
    });
    this.#opened.push({
      options: options,
      store: store as InformerStore<unknown>,
      watcher,
      path,
    });
    if (this.#running) watcher.start();
    return store;
  }

  #sayFault(plural: string, { kind, message }: ApiFault): void {
    // Versions are forgotten by the hour; that is how the API works.
    const level = kind === "gone" ? "debug" : "warning";
    this.#options.log(
      level,
      `the API server does not give ${plural} (${message}); asked again`,
      `watch ${plural} ${kind}`,
    );
  }

  start(): void {
    this.#running = true;
    for (const { watcher } of this.#opened) watcher.start();
  }

  /** Whether each has listed. */
  get synced(): boolean {
    return this.#opened.every(({ store }) => store.synced);
  }

  /** Resolves when each has listed. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.#opened.map(({ store }) => store.whenSynced()));
  }

  get status(): readonly InformerStatus[] {
    return this.#opened.map(({ options: { resource, namespace }, store, watcher }) => ({
      ...watcher.status,
      name: namespace === undefined ? resource.plural : `${resource.plural} in ${namespace}`,
      synced: store.synced,
      objects: store.size,
      tooMany: store.tooMany,
    }));
  }

  /** Resolves when nothing more will be told. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#opened.map(({ watcher }) => watcher.stop()));
  }
}

function isSame(a: InformerOptions<unknown>, b: InformerOptions<unknown>): boolean {
  return (
    a.resource === b.resource &&
    a.namespace === b.namespace &&
    a.labelSelector === b.labelSelector &&
    a.fieldSelector === b.fieldSelector &&
    a.metadataOnly === b.metadataOnly &&
    a.project === b.project
  );
}
