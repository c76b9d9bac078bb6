/** A rule set's plan → an engine: every rule compiled to closures, in steps that a busy thread can stop between. */
import type { FieldReaders } from "../rules/catalogue.ts";
import { compileCondition } from "../rules/condition/compile.ts";
import { compileOutput } from "../rules/output/compile.ts";
import type { RulePlan, RuleSetPlan } from "../rules/plan.ts";
import { Engine, type CompiledRule, type EngineOptions, type EventAccess } from "./engine.ts";
import { usesPaths } from "./path-views.ts";
import type { RuleCounts } from "./rule-counts.ts";

/** What an engine is made of besides the plan. */
export interface EngineParts<E> {
  /** Only rules of this source are taken. */
  readonly source: string;
  readonly readers: FieldReaders<E>;
  readonly access: EventAccess<E>;
  readonly counts: RuleCounts;
  /** Number of event codes. */
  readonly codes: number;
  readonly options: EngineOptions;
  /** Setting buffer_format_base64. */
  readonly base64Buffers: boolean;
}

/** One rule as closures. */
export function compileRule<E>(plan: RulePlan, parts: EngineParts<E>): CompiledRule<E> {
  const { readers, counts, base64Buffers } = parts;
  const output = compileOutput(plan.output, readers, { base64Buffers });
  return {
    plan,
    count: counts.of(plan),
    matches: compileCondition(plan.condition, readers),
    message: (event) => output.text(event),
    fields: (event) => output.fields(event),
    usesPaths: usesPaths(plan.condition),
  };
}

/** Compiles rule by rule; each step is one of them. The result is the engine. */
export function* buildEngine<E>(plan: RuleSetPlan, parts: EngineParts<E>): Generator<undefined, Engine<E>> {
  const rules: CompiledRule<E>[] = [];
  for (const rule of plan.rules) {
    if (rule.source !== parts.source) continue;
    rules.push(compileRule(rule, parts));
    yield;
  }
  return new Engine(plan.digest, rules, parts.codes, parts.access, parts.options);
}
