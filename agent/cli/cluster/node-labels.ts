/** The labels of this node, for node selectors: asked for while some rule has one, and kept on the disk. */
import { join } from "node:path";
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import { asFault, type ApiFault } from "../../kube/fault.ts";
import { defaultRetry, retryDelay, type RetryPolicy } from "../../kube/retry.ts";
import { metadataOf } from "../../kube/watcher.ts";
import type { LabelPairs } from "../../rules/label-selector.ts";
import type { Log } from "../log.ts";
import { readStateFile, StateFileError, writeStateFile } from "./state-file.ts";

export interface NodeLabelsOptions {
  readonly client: KubeClient;
  readonly node: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Where they outlive the agent; undefined: they do not. */
  readonly folder: string | undefined;
  /** The labels are others now. */
  readonly onChange: () => void;
  readonly retry?: RetryPolicy;
  /** Milliseconds between two questions: the agent may get a node, not watch it. */
  readonly every?: number;
}

/** Bytes of the file: more than a node's labels may have in etcd. */
const maximumFile = 2 << 20;

/** Milliseconds. A node's labels change by hand. */
const aMinute = 60_000;

/** Labels are few; what only people can mend is asked for again soon enough. */
const labelsRetry: RetryPolicy = { ...defaultRetry, seldom: 60_000 };

export class NodeLabels {
  readonly #options: NodeLabelsOptions;
  readonly #path: string | undefined;
  readonly #end = new AbortController();
  #labels: LabelPairs | undefined;
  #wanted = false;
  #asking: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #tries = 0;

  constructor(options: NodeLabelsOptions) {
    this.#options = options;
    this.#path = options.folder === undefined ? undefined : join(options.folder, "node-labels.json");
  }

  /** Takes up those of the last run; the API's count as soon as it answers. */
  async open(): Promise<void> {
    if (this.#path === undefined) return;
    try {
      const text = await readStateFile(this.#path, maximumFile);
      const { node, labels } = (text === undefined ? {} : JSON.parse(text)) as {
        readonly node?: unknown;
        readonly labels?: unknown;
      };
      if (node === this.#options.node) this.#labels = pairsOf(labels);
    } catch (error) {
      const { message } = error as Error;
      this.#options.log("warning", `the node's labels of the last run cannot be used: ${message}`);
    }
  }

  /** Sorted by name; undefined where they are not known. */
  get labels(): LabelPairs | undefined {
    return this.#labels;
  }

  /** Says whether some rule has a node selector: only then the API is asked. */
  want(wanted: boolean): void {
    const begins = wanted && !this.#wanted && !this.#end.signal.aborted;
    this.#wanted = wanted;
    if (begins) this.#next(0);
    else if (!wanted) this.#cancel?.();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    this.#cancel?.();
    await this.#asking;
  }

  #next(wait: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(wait, () => {
      this.#asking = this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const { client, node, random, retry = labelsRetry, every = aMinute } = this.#options;
    const { signal } = this.#end;
    let wait = every * (0.8 + 0.4 * random());
    try {
      const accept = metadataOf("PartialObjectMetadata");
      const found = await client.ask({ path: `/api/v1/nodes/${node}`, accept }, signal);
      this.#tries = 0;
      await this.#take(labelsOf(found));
    } catch (error) {
      if (signal.aborted) return;
      const fault = asFault(error);
      this.#say(fault);
      wait = retryDelay(fault, ++this.#tries, retry, random);
    }
    if (this.#wanted && !signal.aborted) this.#next(wait);
  }

  async #take(labels: LabelPairs): Promise<void> {
    if (JSON.stringify(labels) === JSON.stringify(this.#labels)) return;
    this.#labels = labels;
    this.#options.onChange();
    await this.#keep(labels);
  }

  async #keep(labels: LabelPairs): Promise<void> {
    if (this.#path === undefined) return;
    try {
      await writeStateFile(this.#path, JSON.stringify({ node: this.#options.node, labels }));
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error;
      this.#options.log("warning", error.message, "node labels");
    }
  }

  #say({ kind, message }: ApiFault): void {
    const known =
      this.#labels === undefined ? "rules with a nodeSelector match nothing" : "the last ones count";
    const advice = kind === "forbidden" ? "; the agent's ClusterRole should let it get nodes" : "";
    const text = `the labels of node ${this.#options.node} cannot be read (${message}): ${known}${advice}`;
    this.#options.log("warning", text, `node labels ${kind}`);
  }
}

function pairsOf(value: unknown): LabelPairs | undefined {
  if (!Array.isArray(value)) return undefined;
  const pairs = value.filter(
    (each): each is [string, string] =>
      Array.isArray(each) && each.length === 2 && each.every((part) => typeof part === "string"),
  );
  return pairs.length === value.length ? pairs : undefined;
}

function labelsOf(object: unknown): LabelPairs {
  const { metadata } = (object ?? {}) as { readonly metadata?: { readonly labels?: unknown } };
  const entries = Object.entries((metadata?.labels ?? {}) as Record<string, unknown>);
  return entries
    .filter((entry): entry is [string, string] => typeof entry[1] === "string")
    .sort(([left], [right]) => (left < right ? -1 : 1));
}
