/** A rule set's plan → an engine: every rule compiled to closures, in steps that a busy thread can stop between. */
import type { FieldReaders } from "../rules/catalogue.ts";
import { compileCondition } from "../rules/condition/compile.ts";
import { conditionCost, simplify } from "../rules/condition/simplify.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";
import { compileOutput } from "../rules/output/compile.ts";
import type { RulePlan, RuleSetPlan } from "../rules/plan.ts";
import { Conjunction, SharedTest } from "./conjunction.ts";
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
import { isScoped, scopeTest } from "./scope.ts";
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

/** The tests of an engine by what they say: what several rules have in common is one. */
type Tests<E> = Map<string, SharedTest<E>>;

/** The variants of a rule by event code: one for each answer that its checks of evt.type give. */
function variants<E>(
  plan: RulePlan,
  { readers, access, codes: names }: Pick<EngineParts<E>, "readers" | "access" | "codes">,
  tests: Tests<E>,
): ReadonlyMap<number, RuleVariant<E>> {
  const scope = sharedScope(plan, access, tests);
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
      made.set(key, condition === false ? undefined : variant(condition, scope, readers, tests));
    }
    const own = made.get(key);
    if (own !== undefined) byCode.set(code, own);
  }
  return byCode;
}

function variant<E>(
  expr: TypedExpr | true,
  scope: SharedTest<E> | undefined,
  readers: FieldReaders<E>,
  tests: Tests<E>,
): RuleVariant<E> {
  const condition = conjunction(expr, readers, tests, scope);
  const says = expr !== true && readsIdentity(expr);
  // Most conditions say nothing of who the container is; the rest are compiled when they are first asked for.
  if (!says && scope === undefined) return { condition, withoutIdentity: () => condition };
  let rest: Conjunction<E> | undefined;
  const without = () => conjunction(says ? withoutIdentity(expr) : expr, readers, new Map());
  return { condition, withoutIdentity: () => (rest ??= without()) };
}

/** The test of a rule's scope, one for all rules with the same; undefined where the rule applies everywhere. */
function sharedScope<E>(
  plan: RulePlan,
  { place }: EventAccess<E>,
  tests: Tests<E>,
): SharedTest<E> | undefined {
  if (!isScoped(plan)) return undefined;
  const key = JSON.stringify(["scope", plan.onlyNamespace, plan.selector]);
  let test = tests.get(key);
  if (test === undefined) tests.set(key, (test = scopeTest(plan, place)));
  return test;
}

/** The condition as its parts, and the scope. */
function conjunction<E>(
  condition: TypedExpr | boolean,
  readers: FieldReaders<E>,
  tests: Tests<E>,
  scope?: SharedTest<E>,
): Conjunction<E> {
  const scopes = scope === undefined ? [] : [scope];
  if (condition === true) return new Conjunction(scopes);
  if (condition === false) return new Conjunction([new SharedTest(() => false, 1, false)]);
  const simple = simplify(condition);
  const parts = simple.kind === "and" ? simple.args : [simple];
  // A part that stands twice is one test.
  return new Conjunction([...scopes, ...new Set(parts.map((part) => sharedTest(part, readers, tests)))]);
}

function sharedTest<E>(part: TypedExpr, readers: FieldReaders<E>, tests: Tests<E>): SharedTest<E> {
  const key = JSON.stringify(part, (_, value: unknown) =>
    typeof value === "bigint" ? { bigint: value.toString() } : value,
  );
  let test = tests.get(key);
  if (test === undefined) {
    test = new SharedTest(compileCondition(part, readers), conditionCost(part), usesPaths(part));
    tests.set(key, test);
  }
  return test;
}

/** Compiles rule by rule; each step is one of them. The result is the engine. */
export function* buildEngine<E>(plan: RuleSetPlan, parts: EngineParts<E>): Generator<undefined, Engine<E>> {
  const { source, readers, counts, base64Buffers, access, options, codes } = parts;
  const rules: CompiledRule<E>[] = [];
  const tests: Tests<E> = new Map();
  for (const rule of plan.rules) {
    if (rule.source !== source) continue;
    const output = compileOutput(rule.output, readers, { base64Buffers });
    rules.push({
      plan: rule,
      count: counts.of(rule),
      variants: variants(rule, parts, tests),
      message: (event) => output.text(event),
      fields: (event) => output.fields(event),
      usesIdentity: isScoped(rule) || [...ruleFields(rule)].some(isIdentity),
    });
    yield;
  }
  return new Engine(plan.digest, rules, codes.length, access, options);
}
