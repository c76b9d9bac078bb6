/** Rules as texts that are tried on Events as the audit thread does it, without its thread and its server. */
import assert from "node:assert/strict";
import { AuditPipeline } from "../../agent/cli/agent/audit-pipeline.ts";
import { auditAccess } from "../../agent/engine/audit-access.ts";
import type { AuditEvent } from "../../agent/engine/audit-event.ts";
import { buildEngine } from "../../agent/engine/build.ts";
import { rememberingReaders } from "../../agent/engine/remembering-readers.ts";
import { RuleCounts } from "../../agent/engine/rule-counts.ts";
import { events } from "../../agent/events/table.ts";
import { auditReaders } from "../../agent/fields/index.ts";
import type { RulePlan } from "../../agent/rules/plan.ts";
import { auditEvent, eventList, type RequestFacts } from "./audit-events.ts";
import { errors, load } from "./rules.ts";

/** What raises alerts: names of rules that match an event, in order. */
export type Raise = (facts: RequestFacts) => string[];

/** Compiles rules; a rule that fails on an Event is an error. `scope` is put on every rule. */
export function raising(
  texts: readonly string[],
  scope: Pick<RulePlan, "onlyNamespace" | "selector"> = {},
): { raise: Raise; rules: readonly RulePlan[] } {
  const { plan, results } = load(texts);
  assert.ok(plan !== undefined, results.flatMap(errors).join("\n"));
  const alerts: string[] = [];
  const readers = rememberingReaders<AuditEvent>(auditReaders);
  const scoped = { ...plan, rules: plan.rules.map((rule) => ({ ...rule, ...scope })) };
  const work = buildEngine(scoped, {
    source: "k8s_audit",
    readers,
    access: auditAccess(readers, "node7"),
    counts: new RuleCounts({ rate: 1000, burst: 1000 }),
    codes: events.map(({ name }) => name),
    base64Buffers: false,
    options: {
      matching: "all",
      emit: ({ rule }) => alerts.push(rule),
      onFault: (_, error) => assert.fail(error as Error),
    },
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  const pipeline = new AuditPipeline({
    hostname: "node7",
    now: () => 1_800_000_000_000_000_000n,
    onDrop: ({ drop }) => assert.fail(drop),
  });
  pipeline.engine = step.value;
  const raise: Raise = (facts) => {
    alerts.length = 0;
    Array.from(pipeline.take(Buffer.from(eventList([auditEvent(facts)]))));
    return [...alerts];
  };
  return { raise, rules: plan.rules };
}
