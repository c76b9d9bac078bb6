/** What is kept of AlertSinks, agents and Secrets. */
import type { AlertSink, AlertSinkSpec, AlertSinkStatus } from "../../api/generated/alertsinks.ts";
import type { NodeAgent } from "../../api/generated/nodeagents.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import { keyOf, type KubeObject } from "../../kube/object.ts";

/** Asks for a test message; its value is the message's id. */
const testAnnotation = "tiercel.dev/test";

/** Characters of an id. */
const longestId = 253;

/** The part of the status that this controller writes. */
export type OwnStatus = Pick<AlertSinkStatus, "observedGeneration" | "conditions" | "test">;

/** An AlertSink. */
export interface SinkView {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly created: string;
  readonly spec: AlertSinkSpec;
  /** Id of the test message that is asked for. */
  readonly test: string | undefined;
  readonly status: OwnStatus;
  /** With our managed fields: by them one tells whether a write would change anything. */
  readonly metadata: ObjectMeta;
}

/** Undefined for one that is being deleted. */
export function projectSink(raw: KubeObject): SinkView | undefined {
  const { metadata, spec, status = {} } = raw as unknown as AlertSink;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const test = metadata.annotations?.[testAnnotation];
  const { observedGeneration, conditions = [] } = status;
  const { name, namespace = "", uid, managedFields } = raw.metadata;
  return {
    ...{ key: keyOf(raw.metadata), namespace, name, spec },
    generation: metadata.generation ?? 0,
    created: metadata.creationTimestamp ?? "",
    test: test === undefined || test === "" || test.length > longestId ? undefined : test,
    status: {
      ...(observedGeneration !== undefined && { observedGeneration }),
      conditions: conditions.filter(({ type }) => type === "Accepted"),
      ...(status.test !== undefined && { test: status.test }),
    },
    metadata: {
      ...{ name, namespace },
      ...(uid !== undefined && { uid }),
      ...(managedFields !== undefined && { managedFields }),
    },
  };
}

/** Of a Secret only which version it is: its values are asked for where a sink names it. */
export const projectSecret = ({ metadata }: KubeObject): string => metadata.resourceVersion ?? "";

/** One of F-sinks, as it is. */
export interface Made extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly type?: string;
}

export function projectMade(raw: KubeObject): Made {
  const { apiVersion, kind, metadata, data, type } = raw as Made;
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    metadata,
    ...(data !== undefined && { data }),
    ...(type !== undefined && { type }),
  };
}

/** An agent of a node. */
export interface AgentView {
  readonly node: string;
  /** When it last spoke, as in its status. */
  readonly heartbeat: string;
}

/** Undefined for agents of no node: they read audit events. */
export function projectAgent(raw: KubeObject): AgentView | undefined {
  const { spec, status } = raw as unknown as NodeAgent;
  return spec.role === "node" ? { node: spec.node, heartbeat: status?.heartbeat ?? "" } : undefined;
}
