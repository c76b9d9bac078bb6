/** Rule sets as an operator writes them into ConfigMaps, for tests that do not look into them. */
import { createHash } from "node:crypto";
import type { RuleSet, RuleSetIndex } from "../../../../agent/rules/set/rule-set.ts";
import type { KubeObject } from "../../kube/stand-in.ts";

export const namespace = "tiercel-system";

/** The part of a set that stands in its index. */
export const head: Omit<RuleSet, "objects"> = {
  version: 1,
  operatorNamespace: namespace,
  choices: [],
  priority: "debug",
};

let uids = 0;

/** A ConfigMap with one key. */
export function configMap(name: string, key: string, text: string): KubeObject {
  return { metadata: { name, namespace, uid: `${name}-${++uids}` }, data: { [key]: text } };
}

export interface MadeSet {
  readonly index: RuleSetIndex;
  readonly texts: readonly string[];
  readonly shards: readonly KubeObject[];
}

/** A set whose shards are these texts; its digest is of no set, only of them. */
export function madeSet(...texts: readonly string[]): MadeSet {
  const digest = createHash("sha256").update(texts.join("\n")).digest("hex");
  const names = texts.map((_, number) => `tiercel-rules-${digest.slice(0, 12)}-${number}`);
  return {
    index: { version: 1, digest, set: head, shards: names },
    texts,
    shards: names.map((name, number) => configMap(name, "objects.json", texts[number]!)),
  };
}
