/** A rule set as ConfigMaps: an index, and immutable shards that hold the objects (design.md 6). */
import type { RuleSet, RuleSetIndex, SetObject } from "../../agent/rules/set/rule-set.ts";
import { objectText } from "../../agent/rules/set/digest.ts";
import type { OwnerReference } from "../api/object-meta.ts";

/** Bytes of a ConfigMap's data that we use: it may have 1 MiB. */
export const maxShardBytes = (1 << 20) - 64;

/** What an object takes in a shard. */
export const objectBytes = (object: SetObject): number => Buffer.byteLength(objectText(object));

/** An object as large as this fits a shard. */
export const maxObjectBytes = maxShardBytes - 2;

/** F, its namespace and who owns what is made. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly owner: OwnerReference | undefined;
}

export interface ConfigMap {
  readonly apiVersion: "v1";
  readonly kind: "ConfigMap";
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly immutable?: true;
  readonly data: Readonly<Record<string, string>>;
}

const indexKey = "index.json";
const shardKey = "objects.json";

/** Name of the ConfigMap that holds the index. */
export const indexName = ({ name }: Pick<Place, "name">) => `${name}-rules`;

/** Labels of the index and of all shards. */
export const ruleSetLabels = ({ name }: Pick<Place, "name">) => ({
  "app.kubernetes.io/name": "tiercel",
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/component": "rules",
  "app.kubernetes.io/managed-by": "tiercel-operator",
});

function configMap(place: Place, name: string, data: Readonly<Record<string, string>>): ConfigMap {
  const { namespace, owner } = place;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      namespace,
      name,
      labels: ruleSetLabels(place),
      ...(owner !== undefined && { ownerReferences: [owner] }),
    },
    data,
  };
}

/** Objects in order, as many to a shard as fit. */
function packed(objects: readonly SetObject[]): SetObject[][] {
  const shards: SetObject[][] = [];
  let bytes = Infinity;
  for (const object of objects) {
    const size = objectBytes(object) + 1;
    if (bytes + size > maxShardBytes) {
      shards.push([]);
      bytes = 1;
    }
    shards.at(-1)!.push(object);
    bytes += size;
  }
  return shards;
}

/** The shards of a set. Their names hold its digest, so that each is written once and never changed. */
export function shardsOf(set: RuleSet, digest: string, place: Place): ConfigMap[] {
  return packed(set.objects).map((objects, index) => ({
    ...configMap(place, `${indexName(place)}-${digest.slice(0, 12)}-${index}`, {
      [shardKey]: `[${objects.map(objectText).join(",")}]`,
    }),
    immutable: true,
  }));
}

/** The index of a set: written once all shards are there. */
export function indexOf(
  { version, operatorNamespace, choices, priority }: RuleSet,
  digest: string,
  shards: readonly string[],
  place: Place,
): ConfigMap {
  const set = { version, operatorNamespace, choices, priority };
  const index: RuleSetIndex = { version: 1, digest, set, shards };
  return configMap(place, indexName(place), { [indexKey]: JSON.stringify(index) });
}

/** The index in a ConfigMap's data; undefined where there is none that can be read. */
export function readIndex(data: Readonly<Record<string, string>> | undefined): RuleSetIndex | undefined {
  const index = parsed(data?.[indexKey]) as Partial<RuleSetIndex> | undefined;
  const isIndex =
    index?.version === 1 &&
    typeof index.digest === "string" &&
    typeof index.set === "object" &&
    Array.isArray(index.shards);
  return isIndex ? (index as RuleSetIndex) : undefined;
}

/** The objects in a shard's data; undefined where they cannot be read. */
export function readShard(
  data: Readonly<Record<string, string>> | undefined,
): readonly SetObject[] | undefined {
  const objects = parsed(data?.[shardKey]);
  return Array.isArray(objects) ? (objects as SetObject[]) : undefined;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
