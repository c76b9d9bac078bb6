/** The part of a FalcoRule's and of an AlertSink's status that follows from agents. Pure. */
import { conditionTypes, reasons } from "../../api/reasons.ts";
import type { Agents } from "./agents.ts";
import {
  conditionOf,
  loadedVerdict,
  loadingOf,
  readyVerdict,
  type AgentsSummary,
  type SetHistory,
} from "./loaded.ts";
import type { AlertSinkView, RollUpStatus, RuleView, SinkRollUp } from "./views.ts";

/** Rows of a status. */
const mostRules = 500;

const time = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

export function ruleStatus(
  rule: RuleView,
  agents: Agents,
  summary: AgentsSummary,
  sets: SetHistory,
  now: number,
): RollUpStatus {
  const loading = loadingOf(rule, sets, summary);
  const { wanted, loaded, failed, failures } = loading;
  const rows = [...agents.rules.rows(rule.key)];
  const last = Math.max(0, ...rows.map(([, row]) => row.last));
  const verdict = loadedVerdict(rule, loading);
  const incomplete = agents.isIncomplete(rule.key, rule.ruleCount)
    ? "; matches are counted incompletely: more rules matched on a node than its agent lists"
    : "";
  const shown = { ...verdict, message: verdict.message + incomplete };
  const condition = (type: "Loaded" | "Ready", said: typeof shown) =>
    conditionOf(type, said, rule.generation, rule.ours.conditions, now);
  return {
    nodes: { wanted, loaded, failed, text: `${loaded}/${wanted}`, failures: [...failures] },
    rules: rows.slice(0, mostRules).map(([name, { total, running, last: lastMatch }]) => ({
      name,
      matches: total,
      running,
      ...(lastMatch > 0 && { lastMatch: time(lastMatch) }),
    })),
    matches: rows.reduce((sum, [, { total }]) => sum + total, 0),
    ...(last > 0 && { lastMatch: time(last) }),
    conditions: [
      condition(conditionTypes.loaded, shown),
      condition(conditionTypes.ready, readyVerdict(rule, shown)),
    ],
  };
}

/** Characters of an error. */
const longestError = 1024;

export function sinkStatus(sink: AlertSinkView, agents: Agents, now: number): SinkRollUp {
  const rows = new Map(agents.sinks.rows(sink.key));
  const total = (name: string) => rows.get(name)?.total ?? 0;
  const running = (name: string) => rows.get(name)?.running ?? 0;
  let spooled = 0;
  let last = 0;
  const failing: string[] = [];
  for (const [agent, each] of agents.ofSink(sink.key)) {
    spooled += each.spooled;
    last = Math.max(last, each.lastDelivery);
    if (each.lastError !== "") failing.push(`${agent}: ${each.lastError}`);
  }
  const before = sink.ours.lastDelivery === undefined ? 0 : Date.parse(sink.ours.lastDelivery);
  const lastDelivery = Math.max(last, before);
  const error = failing.sort()[0];
  const lastError = error ?? sink.ours.lastError ?? "";
  const { accepted, generation } = sink;
  const verdict =
    accepted !== undefined && accepted.status !== "True"
      ? { status: "False" as const, reason: accepted.reason as "Invalid", message: accepted.message }
      : error !== undefined
        ? {
            status: "False" as const,
            reason: reasons.deliveryFailed,
            message: `the last delivery failed on ${failing.length === 1 ? "a node" : `${failing.length} nodes`}; ${error}`,
          }
        : lastDelivery > 0
          ? { status: "True" as const, reason: reasons.delivered, message: "the last delivery worked" }
          : { status: "True" as const, reason: reasons.nothingSent, message: "no alert went to it yet" };
  return {
    delivered: total("delivered"),
    failed: total("failed"),
    dropped: total("dropped"),
    spooled,
    running: { delivered: running("delivered"), failed: running("failed"), dropped: running("dropped") },
    ...(lastDelivery > 0 && { lastDelivery: time(lastDelivery) }),
    ...(lastError !== "" && { lastError: lastError.slice(0, longestError) }),
    conditions: [conditionOf(conditionTypes.ready, verdict, generation, sink.ours.conditions, now)],
  };
}
