/** The status of a NodeAgent: bounded, whatever the node does. Pure. */
import { escapeText } from "../../engine/json.ts";
import { cut, microTime } from "../text.ts";
import type { AgentFacts, RuleFact, SinkFact } from "./facts.ts";

/** Those of the CRD. */
const bounds = {
  version: 63,
  kernel: 128,
  failures: 50,
  message: 1024,
  capabilities: 64,
  capability: 128,
  causes: 64,
  rules: 200,
  sinks: 100,
} as const;

interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

interface RuleStatus {
  readonly namespace: string;
  readonly object: string;
  readonly rule: string;
  readonly matches: number;
  readonly lastMatch?: string;
}

interface SinkStatus extends Pick<SinkFact, "name" | "delivered" | "failed" | "dropped" | "spooled"> {
  readonly lastDelivery?: string;
  readonly lastError?: string;
}

export interface NodeAgentStatus {
  readonly conditions: readonly Condition[];
  readonly startTime: string;
  readonly heartbeat: string;
  readonly version: string;
  readonly kernel: string;
  readonly digest: string;
  readonly ruleCount: number;
  readonly failures: AgentFacts["failures"];
  readonly capabilities: AgentFacts["capabilities"];
  readonly events: number;
  readonly dropped: number;
  readonly drops: Readonly<Record<string, number>>;
  readonly matches: number;
  readonly rules: readonly RuleStatus[];
  readonly otherMatches: number;
  readonly sinks: readonly SinkStatus[];
}

/** A time as a status has it: to the second. */
export const statusTime = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
const said = (text: string, length: number) => cut(escapeText(text.slice(0, 2 * length)), length);
const keyOf = ({ namespace, object, rule }: RuleFact) => JSON.stringify([namespace, object, rule]);

/**
 * Makes statuses. A rule that was listed once stays listed, so that who adds up differences never sees one come back with a
 * count that it has counted before.
 */
export class StatusMaker {
  readonly #listed = new Set<string>();
  readonly #conditions = new Map<string, Condition>();

  make(facts: AgentFacts, now: number): NodeAgentStatus {
    const { version, kernel, digest, ruleCount, failures, sinks } = facts;
    const drops = byCause(facts.drops);
    return {
      conditions: [ready(facts), reported(facts), unbroken(facts)].map((said) => this.#condition(said, now)),
      startTime: statusTime(facts.startTime),
      heartbeat: statusTime(now),
      version: said(version, bounds.version),
      kernel: said(kernel, bounds.kernel),
      digest,
      ruleCount,
      failures: failures.slice(0, bounds.failures).map(({ namespace, object, message }) => ({
        ...(namespace !== undefined && { namespace }),
        ...(object !== undefined && { object }),
        message: said(message, bounds.message),
      })),
      capabilities: capabilityList(facts.capabilities),
      events: facts.events,
      dropped: sum(Object.values(drops)),
      drops,
      ...this.#rules(facts),
      sinks: sinks.slice(0, bounds.sinks).map(sinkStatus),
    };
  }

  #rules({ rules, goneMatches }: AgentFacts): Pick<NodeAgentStatus, "matches" | "rules" | "otherMatches"> {
    const merged = new Map<string, RuleFact>();
    for (const fact of rules) {
      if (fact.matches === 0) continue;
      const key = keyOf(fact);
      const known = merged.get(key);
      merged.set(key, known === undefined ? fact : sumOf(known, fact));
    }
    let matches = goneMatches;
    let otherMatches = 0;
    const listed: RuleStatus[] = [];
    for (const [key, fact] of merged) {
      matches += fact.matches;
      // A rule without an object is from a file of the node's own: nobody adds it up.
      if (fact.object === "") continue;
      if (this.#listed.has(key) || this.#listed.size < bounds.rules) {
        this.#listed.add(key);
        listed.push(ruleStatus(fact));
      } else otherMatches += fact.matches;
    }
    return { matches, rules: listed, otherMatches };
  }

  #condition(said: Omit<Condition, "lastTransitionTime">, now: number): Condition {
    const before = this.#conditions.get(said.type);
    const since = before?.status === said.status ? before.lastTransitionTime : statusTime(now);
    const condition = { ...said, lastTransitionTime: since };
    this.#conditions.set(said.type, condition);
    return condition;
  }
}

function ready({ digest, failures }: AgentFacts): Omit<Condition, "lastTransitionTime"> {
  const type = "Ready";
  if (digest === "")
    return { type, status: "False", reason: "NoRules", message: "no rule set is in force yet" };
  if (failures.length === 0)
    return { type, status: "True", reason: "Running", message: "the rule set is in force" };
  const message = said(failures[0]!.message, bounds.message);
  return { type, status: "False", reason: "RulesFailed", message };
}

function reported({ heldBack }: AgentFacts): Omit<Condition, "lastTransitionTime"> {
  const type = "Reported";
  const causes = heldBack.filter(({ count }) => count > 0);
  if (causes.length === 0)
    return { type, status: "True", reason: "Complete", message: "no match was held back" };
  const parts = causes.map(({ cause, count }) => `${cause} ${count}`).join(", ");
  return {
    type,
    status: "False",
    reason: "HeldBack",
    message: `matches that are counted here and stand in no SecurityAlert or Event: ${parts}`,
  };
}

function unbroken({ absence }: AgentFacts): Omit<Condition, "lastTransitionTime"> {
  const type = "Unbroken";
  if (absence === undefined)
    return { type, status: "True", reason: "FirstStart", message: "no earlier agent is known here" };
  const reason = absence.killed ? "Killed" : "StartedAnew";
  return { type, status: "False", reason, message: said(absence.text, bounds.message) };
}

/** Names are keys of the list, so each stands there once after it was cut. */
function capabilityList(capabilities: AgentFacts["capabilities"]): NodeAgentStatus["capabilities"] {
  const byName = new Map<string, { name: string; message: string }>();
  for (const { name, message } of capabilities.slice(0, bounds.capabilities)) {
    const short = said(name, bounds.capability);
    byName.set(short, { name: short, message: said(message, bounds.message) });
  }
  return [...byName.values()];
}

function byCause(drops: AgentFacts["drops"]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { cause, count } of drops) {
    if (count === 0) continue;
    const key = sums.has(cause) || sums.size < bounds.causes - 1 ? cause : "others";
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return Object.fromEntries(sums);
}

const sumOf = (a: RuleFact, b: RuleFact): RuleFact => ({
  ...a,
  matches: a.matches + b.matches,
  lastMatch: a.lastMatch > b.lastMatch ? a.lastMatch : b.lastMatch,
});

const ruleStatus = ({ namespace, object, rule, matches, lastMatch }: RuleFact): RuleStatus => ({
  namespace,
  object,
  rule,
  matches,
  ...(lastMatch > 0n && { lastMatch: microTime(lastMatch) }),
});

const sinkStatus = ({ lastDelivery, lastError, ...counts }: SinkFact): SinkStatus => ({
  name: counts.name,
  delivered: counts.delivered,
  failed: counts.failed,
  dropped: counts.dropped,
  spooled: counts.spooled,
  ...(lastDelivery !== undefined && { lastDelivery: statusTime(lastDelivery) }),
  ...(lastError !== undefined && { lastError: said(lastError, bounds.message) }),
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
