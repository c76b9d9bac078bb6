/** Rules that an earlier one hides under `rule_matching: first` (rules-files 10.1). */
import type { CompiledRule } from "../compile-rules.ts";
import { conjuncts } from "./exceptions.ts";

interface Shape {
  readonly rule: CompiledRule;
  /** What must be true beside the event type. */
  readonly demands: ReadonlySet<string>;
  readonly excludes: ReadonlySet<string>;
}

export interface Shadow {
  readonly earlier: CompiledRule;
  readonly later: CompiledRule;
  /** The earlier rule has exclusions the later one lacks: then it hides the later one only outside of them. */
  readonly partly: boolean;
}

/** Demands two rules must share before exclusions of the first are worth a word: with fewer it is about all and nothing. */
const fewestShared = 3;

function shapeOf(rule: CompiledRule): Shape {
  const parts = conjuncts(rule.condition.expr);
  const isType = ({ expr }: (typeof parts)[number]) =>
    expr.kind === "check" && expr.left.kind === "field" && /^(?:evt|syscall)\.type$/.test(expr.left.name);
  const keys = (negated: boolean) =>
    new Set(
      parts.filter((part) => (part.expr.kind === "not") === negated && !isType(part)).map(({ key }) => key),
    );
  return { rule, demands: keys(false), excludes: keys(true) };
}

const within = (some: ReadonlySet<string>, all: ReadonlySet<string>) => {
  if (some.size > all.size) return false;
  for (const key of some) if (!all.has(key)) return false;
  return true;
};

function coversEvents(earlier: CompiledRule, later: CompiledRule): boolean {
  const { events } = earlier.condition;
  if (events === "all") return true;
  const some = later.condition.events;
  return some !== "all" && some.length > 0 && some.every((code) => events.includes(code));
}

function hides(earlier: Shape, later: Shape): boolean {
  if (earlier.rule.source !== later.rule.source || !within(earlier.demands, later.demands)) return false;
  const wholly = within(earlier.excludes, later.excludes);
  return earlier.demands.size >= (wholly ? 1 : fewestShared) && coversEvents(earlier.rule, later.rule);
}

/**
 * For each rule the first earlier one, in evaluation order, that matches whenever it does as far as their texts
 * show: the earlier demands nothing that the later does not demand too.
 */
export function findShadows(rules: readonly CompiledRule[]): Shadow[] {
  const enabled = rules.filter(({ entry }) => entry.enabled).map(shapeOf);
  const shadows: Shadow[] = [];
  for (const [index, later] of enabled.entries()) {
    const earlier = enabled.slice(0, index).find((each) => hides(each, later));
    if (earlier === undefined) continue;
    shadows.push({
      earlier: earlier.rule,
      later: later.rule,
      partly: !within(earlier.excludes, later.excludes),
    });
  }
  return shadows;
}
