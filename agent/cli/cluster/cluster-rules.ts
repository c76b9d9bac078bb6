/**
 * The rules of a cluster, as the operator keeps them in ConfigMaps: the index is watched, the shards it names are read,
 * and a set is handed on when all of it is there. The last one that ran is kept on the disk.
 */
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import type { ApiFault, FaultKind } from "../../kube/fault.ts";
import { defaultRetry, type RetryPolicy } from "../../kube/retry.ts";
import { Watcher } from "../../kube/watcher.ts";
import type { RuleSetIndex } from "../../rules/set/rule-set.ts";
import type { Log } from "../log.ts";
import { indexOf, SetProblem, type SetText } from "./set-index.ts";
import { SetReader } from "./set-reader.ts";
import type { SetStore } from "./set-store.ts";
import { StateFileError } from "./state-file.ts";

export interface ClusterRulesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Where the ConfigMaps are: the operator's namespace. */
  readonly namespace: string;
  /** The chart's full name; the index is NAME-rules. */
  readonly name: string;
  readonly store: Pick<SetStore, "read" | "write" | "digest">;
  /** Another set is whole: `take` gives it. */
  readonly onSet: () => void;
  readonly retry?: RetryPolicy;
}

/** For health, metrics, doctor and the node's status. */
export interface ClusterRulesStatus {
  /** The index is watched. */
  readonly connected: boolean;
  /** When it was last listed: ms since the epoch; undefined for never. */
  readonly lastSync: number | undefined;
  /** Digest that the index asks for; "" where none was seen. */
  readonly wanted: string;
  /** Why the wanted set is not there; undefined where it is, or while nothing was answered yet. */
  readonly problem: string | undefined;
  /** By kind; `set` is what was answered and is no whole set. */
  readonly faults: ReadonlyMap<FaultKind | "set", number>;
  /** Shards that were read. */
  readonly reads: number;
  /** Digest of the set on the disk; "" for none. */
  readonly stored: string;
  /** How often a set could not be kept there. */
  readonly storeFailures: number;
}

/** Rules are urgent: what only people can mend may be mended at any moment. */
const rulesRetry: RetryPolicy = { ...defaultRetry, base: 500, cap: 10_000, seldom: 10_000 };

const short = (digest: string) => digest.slice(0, 12);

export class ClusterRules {
  readonly #options: ClusterRulesOptions;
  readonly #watcher: Watcher;
  readonly #reader: SetReader;
  /** The set that was whole last, from disk or API. */
  #newest: SetText | undefined;
  /** The set that `take` gave. */
  #taken: SetText | undefined;
  #wanted: RuleSetIndex | undefined;
  /** Whether there is an index, good or bad. */
  #present = false;
  /** What is wrong with the set, and with asking for it. */
  #problem: string | undefined;
  #silence: string | undefined;
  #setFaults = 0;
  #storeFailures = 0;
  /** Ends the reading that is under way. */
  #reading = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The writing to the disk that is under way. */
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: ClusterRulesOptions) {
    const { client, clock, random, namespace, name, retry = rulesRetry } = options;
    const common = { client, clock, random, retry, namespace };
    this.#options = options;
    this.#reader = new SetReader({ ...common, onProblem: (problem) => this.#notWhole(problem) });
    this.#watcher = new Watcher({
      ...common,
      limit: 10,
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      query: { fieldSelector: `metadata.name=${name}-rules` },
      target: {
        put: (_, object) => {
          this.#present = true;
          this.#index(object);
          return true;
        },
        remove: () => this.#gone(),
        listed: () => {
          this.#silence = undefined;
          if (!this.#present) this.#gone();
        },
      },
      onOpened: () => (this.#silence = undefined),
      onFault: (fault) => this.#failed(fault),
    });
  }

  /** Takes up what is on the disk. What cannot be used is said. */
  async open(): Promise<void> {
    try {
      this.#newest = await this.#options.store.read();
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error;
      this.#options.log("warning", `the rules of the last run cannot be used: ${error.message}`);
    }
  }

  start(): void {
    this.#watcher.start();
  }

  /** Resolves when nothing more will be told. */
  async stop(): Promise<void> {
    await this.#watcher.stop();
    this.#reading.abort();
    await this.#running;
    await this.#keeping;
  }

  get status(): ClusterRulesStatus {
    const { connected, lastSync, faults } = this.#watcher.status;
    return {
      connected,
      lastSync,
      wanted: this.#wanted?.digest ?? "",
      problem: this.#problem ?? this.#silence,
      faults: new Map<FaultKind | "set", number>([...faults, ["set", this.#setFaults]]),
      reads: this.#reader.reads,
      stored: this.#options.store.digest,
      storeFailures: this.#storeFailures,
    };
  }

  /** The newest whole set, to be loaded now; undefined where there is none. */
  take(): SetText | undefined {
    this.#taken = this.#newest;
    return this.#newest;
  }

  /** The set that `take` gave is in force: it is kept, for the next start to begin with. */
  inForce(): void {
    const set = this.#taken;
    if (set !== undefined) this.#keeping = this.#keeping.then(() => this.#keep(set));
  }

  async #keep(set: SetText): Promise<void> {
    const { store, log } = this.#options;
    if (store.digest === set.index.digest) return;
    try {
      await store.write(set);
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error;
      this.#storeFailures++;
      const message = `${error.message}; without it the agent starts without rules while the API is away (setting cluster.state_folder)`;
      log("warning", message, "cluster rules store");
    }
  }

  /** The set that `take` gave is not the one that its digest says: it is read anew. */
  damaged(): void {
    const set = this.#taken;
    if (set === undefined || set !== this.#newest) return;
    this.#newest = undefined;
    this.#notWhole("what was read does not have that digest");
    if (this.#wanted?.digest === set.index.digest) this.#read(this.#wanted, set);
  }

  #index(object: unknown): void {
    let index: RuleSetIndex;
    try {
      index = indexOf(object);
    } catch (error) {
      if (!(error instanceof SetProblem)) throw error;
      this.#reading.abort();
      this.#setFaults++;
      this.#trouble(`the ConfigMap ${this.#place} is no index of rules: ${error.message}`);
      return;
    }
    const same = index.digest === this.#wanted?.digest && index.shards.join() === this.#wanted.shards.join();
    if (same && !this.#reading.signal.aborted) return;
    this.#wanted = index;
    if (index.digest === this.#newest?.index.digest) this.#well();
    else this.#read(index);
  }

  /** Reads the set of an index in place of what was being read; `refused` is what it is known not to be. */
  #read(index: RuleSetIndex, refused?: SetText): void {
    this.#reading.abort();
    const { signal } = (this.#reading = new AbortController());
    const known = refused === undefined ? this.#newest : undefined;
    const before = this.#running;
    this.#running = before.then(async () => {
      const set = await this.#reader.read(index, { known, refused }, signal);
      if (set === undefined || signal.aborted) return;
      this.#newest = set;
      this.#well();
      this.#options.onSet();
    });
  }

  #gone(): void {
    this.#wanted = undefined;
    this.#present = false;
    this.#reading.abort();
    this.#trouble(
      `there is no ConfigMap ${this.#place}: the operator has not written it yet, or has another namespace or name`,
    );
  }

  #failed(fault: ApiFault): void {
    const advice =
      fault.kind === "forbidden"
        ? "; the agent's Role should let it get, list and watch ConfigMaps there"
        : "";
    this.#silence = `the Kubernetes API does not give the rules in ${this.#place} (${fault.message})${advice}`;
    this.#say(this.#silence);
  }

  #notWhole(problem: string): void {
    this.#setFaults++;
    this.#trouble(`the rule set ${short(this.#wanted?.digest ?? "")} is not whole: ${problem}`);
  }

  #trouble(problem: string): void {
    this.#problem = problem;
    this.#say(problem);
  }

  #say(problem: string): void {
    const { log } = this.#options;
    log("warning", `${problem}; the rules that run stay, and it is asked again`, `cluster rules: ${problem}`);
  }

  #well(): void {
    if (this.#problem !== undefined)
      this.#options.log("info", `the rule set ${short(this.#wanted?.digest ?? "")} is whole`);
    this.#problem = undefined;
  }

  get #place(): string {
    return `${this.#options.namespace}/${this.#options.name}-rules`;
  }
}
