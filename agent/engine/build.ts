/** A rule set's plan → an engine: every rule compiled to closures, in steps that a busy thread can stop between. */
import type { FieldReaders } from "../rules/catalogue.ts";
import { compileCondition } from "../rules/condition/compile.ts";
import { conditionCost, simplify } from "../rules/condition/simplify.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";
import { compileOutput } from "../rules/output/compile.ts";
import type { RulePlan, RuleSetPlan } from "../rules/plan.ts";
import { adaptiveAnd } from "./adaptive.ts";
import {
  Engine,
  type CompiledRule,
  type EngineOptions,
  type EventAccess,
  type RuleVariant,
} from "./engine.ts";
import { isIdentity, readsIdentity, withoutIdentity } from "./identity.ts";
import { usesPaths } from "./path-views.ts";
import { ruleFields } from "./plan-fields.ts";
import type { RuleCounts } from "./rule-counts.ts";
import { holdsFor, specialise, typeChecks } from "./specialise.ts";

/** What an engine is made of besides the plan. */
export interface EngineParts<E> {
  /** Only rules of this source are taken. */
  readonly source: string;
  readonly readers: FieldReaders<E>;
  readonly access: EventAccess<E>;
  readonly counts: RuleCounts;
  /** Names of the event codes. */
  readonly codes: readonly string[];
  readonly options: EngineOptions<E>;
  /** Setting buffer_format_base64. */
  readonly base64Buffers: boolean;
}

/** The variants of a rule by event code: one for each answer that its checks of evt.type give. */
function variants<E>(plan: RulePlan, readers: FieldReaders<E>, names: readonly string[]) {
  const checks = typeChecks(plan.condition);
  const made = new Map<string, RuleVariant<E> | undefined>();
  const byCode = new Map<number, RuleVariant<E>>();
  for (const code of plan.events === "all" ? names.keys() : plan.events) {
    const answers = checks.map((check) => holdsFor(check, names[code] ?? ""));
    const key = answers.map(Number).join("");
    if (!made.has(key)) {
      const condition = specialise(
        plan.condition,
        new Map(checks.map((check, index) => [check, answers[index]!])),
      );
      made.set(key, variant(condition === true ? { kind: "and", args: [] } : condition, readers));
    }
    const own = made.get(key);
    if (own !== undefined) byCode.set(code, own);
  }
  return byCode;
}

function variant<E>(condition: TypedExpr | false, readers: FieldReaders<E>): RuleVariant<E> | undefined {
  if (condition === false) return undefined;
  const matches = compileTop(simplify(condition), readers);
  const paths = usesPaths(condition);
  return { matches, usesPaths: paths, mayMatch: mayMatch(condition, matches, readers) };
}

/** Most conditions say nothing of who the container is; the rest are compiled when they are first asked for. */
function mayMatch<E>(
  condition: TypedExpr,
  matches: (event: E) => boolean,
  readers: FieldReaders<E>,
): (event: E) => boolean {
  if (!readsIdentity(condition)) return matches;
  let test: ((event: E) => boolean) | undefined;
  return (event) => {
    if (test === undefined) {
      const rest = withoutIdentity(condition);
      test = typeof rest === "boolean" ? () => rest : compileCondition(rest, readers);
    }
    return test(event);
  };
}

/** The parts of a conjunction are tried in an order that follows the events. */
function compileTop<E>(condition: TypedExpr, readers: FieldReaders<E>): (event: E) => boolean {
  if (condition.kind !== "and" || condition.args.length < 2) return compileCondition(condition, readers);
  return adaptiveAnd(
    condition.args.map((arg) => compileCondition(arg, readers)),
    condition.args.map(conditionCost),
  );
}

/** Compiles rule by rule; each step is one of them. The result is the engine. */
export function* buildEngine<E>(plan: RuleSetPlan, parts: EngineParts<E>): Generator<undefined, Engine<E>> {
  const { source, readers, counts, base64Buffers, access, options, codes } = parts;
  const rules: CompiledRule<E>[] = [];
  for (const rule of plan.rules) {
    if (rule.source !== source) continue;
    const output = compileOutput(rule.output, readers, { base64Buffers });
    rules.push({
      plan: rule,
      count: counts.of(rule),
      variants: variants(rule, readers, codes),
      message: (event) => output.text(event),
      fields: (event) => output.fields(event),
      usesIdentity: [...ruleFields(rule)].some(isIdentity),
    });
    yield;
  }
  return new Engine(plan.digest, rules, codes.length, access, options);
}
