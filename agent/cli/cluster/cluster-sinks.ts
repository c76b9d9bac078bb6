/** The AlertSinks of a cluster, as the operator hands them on: a ConfigMap with what they are, a Secret with their credentials. */
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import type { ApiFault } from "../../kube/fault.ts";
import { defaultRetry, type RetryPolicy } from "../../kube/retry.ts";
import { Watcher } from "../../kube/watcher.ts";
import type { AlertSinks } from "../../sinks/objects/alert-sinks.ts";
import { readSinks, type SinkEntry } from "../../sinks/objects/spec.ts";
import type { Log } from "../log.ts";
import type { SinksStore } from "./sinks-store.ts";
import { StateFileError } from "./state-file.ts";

export interface ClusterSinksOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly namespace: string;
  /** Both objects are NAME-sinks. */
  readonly name: string;
  /** Takes the sinks as they are now; the values are those of the Secret. */
  readonly apply: AlertSinks["apply"];
  readonly store: SinksStore;
  readonly retry?: RetryPolicy;
  /** Milliseconds that the API is waited for before the sinks of the last run are used. */
  readonly patience?: number;
}

const sinksRetry: RetryPolicy = { ...defaultRetry, seldom: 30_000 };

/** Milliseconds in which changes of both objects gather: the operator writes one after the other. */
const gathering = 50;

/** An API that answers does so long before; alerts wait meanwhile, and a sink that was deleted gets none. */
const defaultPatience = 3000;

type Kind = "configmaps" | "secrets";

export class ClusterSinks {
  readonly #options: ClusterSinksOptions;
  readonly #watchers: readonly Watcher[];
  /** Undefined: there was no list of sinks yet. */
  #entries: readonly SinkEntry[] | undefined;
  /** The text that they are from; undefined: they are those of the last run. */
  #text: string | undefined;
  /** Those of the last run, until the API gives others. */
  #kept: readonly SinkEntry[] | undefined;
  #secrets: ReadonlyMap<string, string> = new Map();
  /** Whether the Secret, or that there is none, is known. */
  #secretsKnown = false;
  /** The API had its time: what is known by now is used. */
  #late = false;
  #cancelLate = () => {};
  #cancel: (() => void) | undefined;
  #applying: Promise<void> = Promise.resolve();

  constructor(options: ClusterSinksOptions) {
    this.#options = options;
    this.#watchers = [
      this.#watch("configmaps", (object) => this.#takeSinks(object)),
      this.#watch("secrets", (object) => {
        this.#secrets = valuesOf(object);
      }),
    ];
  }

  /** Takes up what is on the disk. What cannot be used is said. */
  async open(): Promise<void> {
    try {
      this.#kept = await this.#options.store.read();
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error;
      this.#options.log("warning", `the AlertSinks of the last run cannot be used: ${error.message}`);
    }
  }

  start(): void {
    const { clock, patience = defaultPatience } = this.#options;
    for (const watcher of this.#watchers) watcher.start();
    this.#cancelLate = clock.after(patience, () => this.#useKept());
  }

  /** Resolves when nothing more will be applied. */
  async stop(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.stop()));
    this.#cancelLate();
    this.#cancel?.();
    await this.#applying;
  }

  #watch(kind: Kind, take: (object: unknown) => void): Watcher {
    const { client, clock, random, namespace, name, retry = sinksRetry } = this.#options;
    return new Watcher({
      ...{ client, clock, random, retry, limit: 10 },
      path: `/api/v1/namespaces/${namespace}/${kind}`,
      query: { fieldSelector: `metadata.name=${name}-sinks` },
      target: {
        put: (_, object) => {
          take(object);
          this.#changed();
          return true;
        },
        // What runs stays: whoever took it away writes it anew, and spools are not thrown away meanwhile.
        remove: () => {},
        listed: () => {
          if (kind === "secrets") this.#secretsKnown = true;
          this.#changed();
        },
      },
      onOpened: () => {},
      onFault: (fault) => this.#say(kind, fault),
    });
  }

  #takeSinks(configMap: unknown): void {
    const { data } = configMap as { readonly data?: Readonly<Record<string, unknown>> };
    const text = data?.["sinks.json"];
    try {
      const known = typeof text === "string" ? text : "";
      this.#entries = readSinks(known);
      this.#text = known;
    } catch (error) {
      const message = `AlertSinks stay as they are: ${(error as Error).message}`;
      this.#options.log("warning", message, "cluster sinks");
    }
  }

  /** The API has not given everything: sinks run as they were, those whose credential is not known hold their alerts. */
  #useKept(): void {
    this.#late = true;
    if (this.#entries === undefined && this.#kept !== undefined) {
      this.#entries = this.#kept;
      this.#options.log(
        "warning",
        "the Kubernetes API has not given the AlertSinks: those of the last run are used, and those with credentials hold their alerts until it does",
        "cluster sinks kept",
      );
    }
    this.#kept = undefined;
    if (!this.#secretsKnown || this.#text === undefined) this.#changed();
  }

  #changed(): void {
    if (this.#cancel !== undefined || this.#entries === undefined) return;
    if (!this.#secretsKnown && !this.#late) return;
    this.#cancel = this.#options.clock.after(gathering, () => {
      this.#cancel = undefined;
      const [entries, text] = [this.#entries ?? [], this.#text];
      this.#applying = this.#applying.then(() => this.#apply(entries, text));
    });
  }

  async #apply(entries: readonly SinkEntry[], text: string | undefined): Promise<void> {
    const { apply, store, log } = this.#options;
    await apply(entries, this.#secrets, { whole: text !== undefined });
    if (text === undefined) return;
    try {
      await store.write(text);
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error;
      const message = `${error.message}; without it the agent starts without AlertSinks while the API is away (setting cluster.state_folder)`;
      log("warning", message, "cluster sinks store");
    }
  }

  #say(kind: Kind, { kind: fault, message }: ApiFault): void {
    const { namespace, name, log } = this.#options;
    const right = kind === "secrets" ? `the Secret ${name}-sinks` : "ConfigMaps";
    const advice =
      fault === "forbidden" ? `; the agent's Role should let it list and watch ${right} there` : "";
    log(
      "warning",
      `the Kubernetes API does not give ${kind} ${namespace}/${name}-sinks (${message}): AlertSinks stay as they are${advice}`,
      `cluster sinks ${kind} ${fault}`,
    );
  }
}

/** Characters of a value; the API allows an object about a million. */
const longestValue = 1 << 20;

/** The values of a Secret; what is not text stays as close to it as can be. */
function valuesOf(secret: unknown): ReadonlyMap<string, string> {
  const { data } = secret as { readonly data?: Readonly<Record<string, unknown>> };
  return new Map(
    Object.entries(data ?? {}).flatMap(([key, value]): [string, string][] =>
      typeof value === "string" && value.length <= 2 * longestValue
        ? [[key, Buffer.from(value, "base64").toString("utf8")]]
        : [],
    ),
  );
}
