/** The set in the cluster's ConfigMaps: read once at the start, then written. */
import type { Judgement } from "../../../agent/rules/set/judge.ts";
import type { SetObject } from "../../../agent/rules/set/rule-set.ts";
import {
  indexName,
  indexOf,
  readIndex,
  readShard,
  shardsOf,
  type ConfigMap,
  type Place,
} from "../../resources/rule-set.ts";
import { isConflict, type Ref } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeObject } from "../../kube/object.ts";
import { resources } from "../../kube/resources.ts";
import type { RuleSets } from "./rule-sets.ts";
import type { ConfigMapView } from "./view.ts";

/** Writes at a time. */
const together = 4;

/** Milliseconds for which what was written is taken to be there before the informer shows it. */
const belief = 2000;

/** A set that is in the cluster. */
export interface Stored {
  /** Names of its shards. */
  readonly shards: ReadonlySet<string>;
  /** Milliseconds until another look, where the informer has yet to show what was written. */
  readonly after?: number;
}

type WithData = KubeObject & { readonly data?: ConfigMap["data"] };

export class StoredSet {
  readonly #context: Context;
  readonly #sets: RuleSets;
  readonly #configMaps: Informer<ConfigMapView>;
  /** Written and not shown by the informer yet; `at` in milliseconds. */
  #written: { readonly digest: string; readonly at: number } | undefined;

  constructor(context: Context, sets: RuleSets, configMaps: Informer<ConfigMapView>) {
    this.#context = context;
    this.#sets = sets;
    this.#configMaps = configMaps;
  }

  get #place(): Place {
    const { namespace, name, owner } = this.#context;
    return { namespace, name, owner: owner() };
  }

  #ref(name: string): Ref {
    return { resource: resources.configMaps, namespace: this.#context.namespace, name };
  }

  /** Objects of the set as the last operator left it: the last good versions. What cannot be read is said and done without. */
  async read(signal: AbortSignal): Promise<readonly SetObject[]> {
    const { client, namespace, log } = this.#context;
    const name = indexName(this.#context);
    const configMap = await client.get<WithData>(this.#ref(name), signal);
    const index = readIndex(configMap?.data);
    if (configMap !== undefined && index === undefined)
      log("warning", `ConfigMap ${namespace}/${name} is no index of rules; it is written anew`);
    const objects: SetObject[] = [];
    for (const shard of index?.shards ?? []) {
      const found = readShard((await client.get<WithData>(this.#ref(shard), signal))?.data);
      if (found === undefined)
        log("warning", `ConfigMap ${namespace}/${shard} cannot be read: last good versions in it are lost`);
      else objects.push(...found);
    }
    if (index !== undefined) this.#sets.remember(index.digest, objects);
    return objects;
  }

  /** Writes shards, then the index that names them, where they are not there. */
  async write({ set, digest }: Judgement, signal: AbortSignal): Promise<Stored> {
    const { client, clock } = this.#context;
    const place = this.#place;
    const shards = shardsOf(set, digest, place);
    const names = shards.map(({ metadata }) => metadata.name);
    const stored: Stored = { shards: new Set(names) };
    const there = (name: string) => this.#configMaps.get(`${place.namespace}/${name}`);
    if (there(indexName(place))?.digest === digest && names.every((name) => there(name) !== undefined)) {
      this.#written = undefined;
      return stored;
    }
    const isWritten = this.#written?.digest === digest;
    const after = isWritten ? this.#written!.at + belief - clock.now() : 0;
    // A longer one comes of a clock that was put back.
    if (after > 0 && after <= belief) return { ...stored, after };
    for (let at = 0; at < shards.length; at += together)
      await Promise.all(shards.slice(at, at + together).map((shard) => this.#writeShard(shard, signal)));
    this.#sets.remember(digest, set.objects);
    await client.apply(indexOf(set, digest, names, place), signal);
    this.#written = { digest, at: clock.now() };
    return stored;
  }

  /** A shard of this name that is there already holds the same, unless somebody else made it. */
  async #writeShard(shard: ConfigMap, signal: AbortSignal): Promise<void> {
    const { client } = this.#context;
    const ref = this.#ref(shard.metadata.name);
    try {
      await client.create(shard, signal);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const there = await client.get<WithData>(ref, signal);
      if (JSON.stringify(there?.data) === JSON.stringify(shard.data)) return;
      await client.delete(ref, {}, signal);
      await client.create(shard, signal);
    }
  }
}
