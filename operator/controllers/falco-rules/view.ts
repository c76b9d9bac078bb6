/** What is kept of FalcoRules, namespaces, sinks, agents and our ConfigMaps. */
import { setObjectOf } from "../../../agent/rules/set/set-object.ts";
import type { SetObject } from "../../../agent/rules/set/rule-set.ts";
import type { FalcoRule, FalcoRuleStatus } from "../../api/generated/falcorules.ts";
import type { NodeAgent } from "../../api/generated/nodeagents.ts";
import { readIndex } from "../../resources/rule-set.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import { keyOf, type KubeObject } from "../../kube/object.ts";

/** A FalcoRule. */
export interface RuleView {
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  /** Its namespace selector is not resolved. */
  readonly object: SetObject;
  readonly status: FalcoRuleStatus | undefined;
  /** With our managed fields: by them one tells whether a write would change anything. */
  readonly metadata: ObjectMeta;
}

export function projectRule(raw: KubeObject): RuleView {
  const { metadata, status } = raw as unknown as FalcoRule;
  return {
    key: keyOf(raw.metadata),
    uid: metadata.uid ?? "",
    generation: metadata.generation ?? 0,
    object: setObjectOf(raw),
    status,
    metadata: raw.metadata,
  };
}

export interface NamespaceView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const projectNamespace = ({ metadata }: KubeObject): NamespaceView => ({
  name: metadata.name,
  labels: metadata.labels ?? {},
});

/** Of sinks only that they are there. */
export const projectSink = ({ metadata }: KubeObject): string => keyOf(metadata);

/** Digest of the set an agent runs; "" for none. */
export const projectAgent = (raw: KubeObject): string => (raw as unknown as NodeAgent).status?.digest ?? "";

/** Of our ConfigMaps only that they are there, and which set the index is of; "" for a shard. */
export interface ConfigMapView {
  readonly name: string;
  readonly digest: string;
}

export function projectConfigMap(raw: KubeObject): ConfigMapView {
  const { metadata, data } = raw as KubeObject & { readonly data?: Readonly<Record<string, string>> };
  return { name: metadata.name, digest: readIndex(data)?.digest ?? "" };
}
