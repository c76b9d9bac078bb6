/** Loads rules given as text and says what came out in one line a finding. */
import { buildCatalogue } from "../../agent/fields/index.ts";
import { compileRuleSet, type CompiledRuleSet } from "../../agent/rules/compile.ts";
import type { Finding, LoadResult } from "../../agent/rules/diagnostics/finding.ts";
import type { CompileOptions } from "../../agent/rules/options.ts";
import type { RulePlan } from "../../agent/rules/plan.ts";

export const catalogue = buildCatalogue();

/** Texts as files a.yaml, b.yaml, … */
export function load(texts: readonly string[], options: CompileOptions = {}): CompiledRuleSet {
  const files = texts.map((text, index) => ({ name: `${"abcdefgh"[index]}.yaml`, text }));
  return compileRuleSet(files, catalogue, options);
}

/** `CODE line:column message`, counted from 1. */
export function line({ code, place, message }: Finding): string {
  if (place === undefined) return `${code} ${message}`;
  const { line, column } = place.file.position(place.at);
  return `${code} ${line + 1}:${column + 1} ${message}`;
}

export const errors = (result: LoadResult | undefined) => (result?.errors ?? []).map(line);
export const warnings = (result: LoadResult | undefined) => (result?.warnings ?? []).map(line);
export const hints = (result: LoadResult | undefined) => (result?.hints ?? []).map(line);

/** Errors of all files. */
export const allErrors = (texts: readonly string[]) => load(texts).results.flatMap(errors);

/** The rules of a set that must be valid. */
export function rulesOf(texts: readonly string[], options: CompileOptions = {}): readonly RulePlan[] {
  const { plan, results } = load(texts, options);
  if (plan === undefined) throw new Error(results.flatMap(errors).join("\n"));
  return plan.rules;
}

/** Condition with exceptions of the only rule, before lists. */
export const conditionOf = (...texts: readonly string[]) => rulesOf(texts)[0]?.conditionText;

/** A rule of two lines that needs nothing else. */
export const rule = (name: string, condition: string, more = "") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: INFO\n${more}`;
