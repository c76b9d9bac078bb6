/** On how many agents an object's accepted version runs, which could not load it, and what that means. Pure. */
import type { Condition } from "../../api/object-meta.ts";
import type { conditionTypes } from "../../api/reasons.ts";
import { reasons, type Reason } from "../../api/reasons.ts";
import type { Agents, Failure, Runs } from "./agents.ts";
import type { RuleView } from "./views.ts";

/** Which version of each object a set holds. */
export interface SetHistory {
  /** Digest of the version of an object (`namespace/name`) in the set of that digest; undefined where it is in none that is known. */
  objectDigest(setDigest: string, object: string): string | undefined;
}

/** All agents, summed up once for all objects. */
export interface AgentsSummary {
  /** Agents that there should be. */
  readonly wanted: Runs;
  readonly byDigest: ReadonlyMap<string, Runs>;
  readonly failures: ReadonlyMap<string, readonly Failure[]>;
}

/** `desired`: how many the DaemonSet and the audit Deployment want. */
export function summarize(agents: Agents, desired: Runs): AgentsSummary {
  const { node, audit } = agents.roles;
  return {
    wanted: { node: Math.max(node, desired.node), audit: Math.max(audit, desired.audit) },
    byDigest: agents.byDigest(),
    failures: agents.failures(),
  };
}

export interface Loading {
  readonly wanted: number;
  readonly loaded: number;
  readonly failed: number;
  readonly failures: readonly { readonly node: string; readonly message: string }[];
}

/** Failures that a status lists. */
const named = 5;

export function loadingOf(rule: RuleView, sets: SetHistory, agents: AgentsSummary): Loading {
  const { asks, digest, key } = rule;
  const of = ({ node, audit }: Runs) => (asks.node ? node : 0) + (asks.audit ? audit : 0);
  let loaded = 0;
  for (const [set, runs] of agents.byDigest)
    if (digest !== "" && sets.objectDigest(set, key) === digest) loaded += of(runs);
  const holds = (set: string) => digest !== "" && sets.objectDigest(set, key) === digest;
  const asked = ({ role }: Failure) => asks[role];
  const own = (agents.failures.get(key) ?? []).filter(asked);
  const names = new Set(own.map(({ agent }) => agent));
  // Who could not load a whole set runs the one before, in which the object may be as it should.
  const whole = (agents.failures.get("") ?? []).filter(
    (failure) => asked(failure) && !names.has(failure.agent) && !holds(failure.digest),
  );
  const failures = [...own, ...whole].sort((a, b) => (a.agent < b.agent ? -1 : 1));
  return {
    wanted: of(agents.wanted),
    loaded: loaded - own.filter(({ digest: set }) => holds(set)).length,
    failed: failures.length,
    failures: failures.slice(0, named).map(({ agent, message }) => ({ node: agent, message })),
  };
}

interface Verdict {
  readonly status: "True" | "False";
  readonly reason: Reason;
  readonly message: string;
}

const agentsText = (count: number) => `${count} ${count === 1 ? "agent" : "agents"}`;

/** The condition Loaded. */
export function loadedVerdict(rule: RuleView, loading: Loading): Verdict {
  const { wanted, loaded, failed, failures } = loading;
  if (wanted === 0) {
    const missing = rule.asks.node
      ? "there is no agent yet"
      : "no agent has events of the source k8s_audit; operator.audit.enabled runs one";
    return { status: "False", reason: reasons.noAgentForSource, message: missing };
  }
  if (failed > 0) {
    const [first] = failures;
    const text = `${failed} of ${agentsText(wanted)} could not load these rules; ${first!.node}: ${first!.message}`;
    return { status: "False", reason: reasons.someNodesFailed, message: text };
  }
  const message = `${loaded} of ${agentsText(wanted)} ${loaded === 1 ? "runs" : "run"} these rules`;
  return loaded >= wanted
    ? { status: "True", reason: reasons.loaded, message }
    : { status: "False", reason: reasons.progressing, message };
}

/** The condition Ready: the first of the others that does not hold, in the order in which they come about. */
export function readyVerdict({ accepted, distributed }: RuleView, loaded: Verdict): Verdict {
  for (const condition of [accepted, distributed])
    if (condition !== undefined && condition.status !== "True")
      return { status: "False", reason: condition.reason as Reason, message: condition.message };
  return loaded.status === "True" ? { ...loaded, reason: reasons.ready } : loaded;
}

/** A verdict as a condition; its time is that of the last change of its status. */
export function conditionOf(
  type: (typeof conditionTypes)[keyof typeof conditionTypes],
  { status, reason, message }: Verdict,
  observedGeneration: number,
  before: readonly Condition[],
  now: number,
): Condition {
  const known = before.find((each) => each.type === type);
  const lastTransitionTime =
    known?.status === status ? known.lastTransitionTime : `${new Date(now).toISOString().slice(0, 19)}Z`;
  return { type, status, observedGeneration, lastTransitionTime, reason, message: message.slice(0, 32_768) };
}
