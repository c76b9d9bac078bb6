/** Reads the shards of an index until the set is whole: operator, API and network may be in the middle of anything. */
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import { ApiFault, asFault } from "../../kube/fault.ts";
import { retryDelay, type RetryPolicy } from "../../kube/retry.ts";
import type { RuleSetIndex } from "../../rules/set/rule-set.ts";
import { maximumSet, SetProblem, shardText, type SetText } from "./set-index.ts";

export interface SetReaderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry: RetryPolicy;
  /** Where the ConfigMaps are. */
  readonly namespace: string;
  /** Told each time that the set is not whole, and why. */
  readonly onProblem: (problem: string) => void;
}

export class SetReader {
  readonly #options: SetReaderOptions;
  /** Shards that were read from the API since the start. */
  reads = 0;

  constructor(options: SetReaderOptions) {
    this.#options = options;
  }

  /**
   * The whole set of an index, however long that takes; undefined where `signal` ended it. Shards of `known` are not read
   * again: they never change. What is the same as `refused` is not what is wanted, and asked for again after a while.
   */
  async read(
    index: RuleSetIndex,
    { known, refused }: { readonly known?: SetText | undefined; readonly refused?: SetText | undefined },
    signal: AbortSignal,
  ): Promise<SetText | undefined> {
    const texts = new Map(known?.index.shards.map((name, number) => [name, known.shards[number]!]));
    for (let tries = refused === undefined ? 0 : 1; ; tries++) {
      if (tries > 0) await this.#rest(tries, signal);
      if (signal.aborted) return undefined;
      try {
        const set = { index, shards: await this.#shards(index.shards, texts, signal) };
        if (refused === undefined || set.shards.some((text, number) => text !== refused.shards[number]))
          return set;
        texts.clear();
      } catch (error) {
        if (signal.aborted) return undefined;
        const problem = error instanceof SetProblem ? error : asFault(error);
        this.#options.onProblem(problem.message);
      }
    }
  }

  /** What was read stays in `texts` where a later one fails. @throws SetProblem, ApiFault */
  async #shards(
    names: readonly string[],
    texts: Map<string, string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const shards: string[] = [];
    let length = 0;
    for (const name of names) {
      const text = texts.get(name) ?? (await this.#shard(name, signal));
      texts.set(name, text);
      length += text.length;
      if (length > maximumSet) throw new SetProblem(`it has more than ${maximumSet >> 20} MiB`);
      shards.push(text);
    }
    return shards;
  }

  /** One shard: from the server's cache, which costs its storage nothing; where that does not know it yet, from storage. */
  async #shard(name: string, signal: AbortSignal): Promise<string> {
    const { client, namespace } = this.#options;
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
    this.reads++;
    let configMap: unknown;
    try {
      configMap = await client.ask({ path, query: { resourceVersion: "0" } }, signal);
    } catch (error) {
      if (!(error instanceof ApiFault) || error.status !== 404) throw error;
      configMap = await client.ask({ path }, signal);
    }
    try {
      return shardText(configMap);
    } catch (error) {
      throw error instanceof SetProblem ? new SetProblem(`shard ${name}: ${error.message}`) : error;
    }
  }

  /** Waits longer each time, whatever failed: a shard may come at any moment. */
  #rest(tries: number, signal: AbortSignal): Promise<void> {
    const { clock, random, retry } = this.#options;
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(retryDelay(again, tries, retry, random), done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}

const again = new ApiFault("server", "not whole");
