/** NodeAgents, FalcoRules and AlertSinks as the API server gives them. */
import type { Condition } from "../../../../operator/api/object-meta.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";

export interface MadeAgent {
  readonly startTime?: string;
  readonly role?: "node" | "audit";
  readonly digest?: string;
  readonly failures?: readonly { namespace?: string; object?: string; message: string }[];
  /** Rule to matches; `OBJECT/RULE`, of the namespace shop. */
  readonly rules?: Readonly<Record<string, number>>;
  readonly otherMatches?: number;
  readonly sinks?: readonly object[];
  readonly events?: number;
  readonly heartbeat?: string;
}

const api = "tiercel.dev/v1alpha1";

export function nodeAgent(name: string, more: MadeAgent = {}): KubeObject {
  const { role = "node", digest = "set-1", failures = [], rules = {}, otherMatches = 0, sinks = [] } = more;
  const { startTime = "2026-01-01T00:00:00Z", events = 0, heartbeat = "2026-01-01T00:00:00Z" } = more;
  const status = {
    startTime,
    digest,
    failures,
    events,
    heartbeat,
    rules: Object.entries(rules).map(([key, matches]) => {
      const [object, rule] = key.split("/");
      return { namespace: "shop", object, rule, matches, lastMatch: "2026-01-01T00:10:00.000000Z" };
    }),
    otherMatches,
    sinks,
  };
  return {
    apiVersion: api,
    kind: "NodeAgent",
    metadata: { name, uid: name },
    spec: { node: name, role },
    status,
  } as KubeObject;
}

export const condition = (
  type: string,
  status: "True" | "False",
  reason: string,
  message = "m",
): Condition => ({
  type,
  status,
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
});

export interface MadeRule {
  readonly uid?: string;
  readonly generation?: number;
  readonly digest?: string;
  readonly sources?: readonly string[];
  readonly source?: string;
  readonly status?: object;
  readonly accepted?: Condition;
}

/** A FalcoRule that was judged: its version is in the set. */
export function falcoRule(name: string, more: MadeRule = {}): KubeObject {
  const {
    uid = name,
    generation = 1,
    digest = "object-1",
    sources = [""],
    source,
    status = {},
    accepted,
  } = more;
  const judged = {
    observedGeneration: generation,
    digest,
    conditions: [
      accepted ?? condition("Accepted", "True", "Accepted"),
      condition("Distributed", "True", "Distributed"),
    ],
  };
  const own = status as { conditions?: readonly Condition[] };
  return {
    apiVersion: api,
    kind: "FalcoRule",
    metadata: { namespace: "shop", name, uid, generation },
    spec: {
      ...(source !== undefined && { source }),
      rules: sources.map((each, index) => ({ rule: `R${index + 1}`, ...(each !== "" && { source: each }) })),
    },
    status: { ...own, ...judged, conditions: [...judged.conditions, ...(own.conditions ?? [])] },
  } as KubeObject;
}

export function alertSink(
  name: string,
  status: object = {},
  accepted = condition("Accepted", "True", "Accepted"),
): KubeObject {
  const own = status as { conditions?: readonly Condition[] };
  return {
    apiVersion: api,
    kind: "AlertSink",
    metadata: { namespace: "shop", name, uid: name, generation: 1 },
    spec: { stdout: {} },
    status: { observedGeneration: 1, ...own, conditions: [accepted, ...(own.conditions ?? [])] },
  } as KubeObject;
}

/** Sets as text: digest of the set, then objects and their versions. */
export const sets = (known: Readonly<Record<string, Readonly<Record<string, string>>>>) => ({
  objectDigest: (set: string, object: string) => known[set]?.[object],
});
