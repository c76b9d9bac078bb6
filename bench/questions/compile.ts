/** How fast rules become functions. */
import { readFileSync } from "node:fs";
import { buildCatalogue, readersOf } from "../../agent/fields/index.ts";
import { compileCondition } from "../../agent/rules/condition/compile.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { median, thousands } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

const ROUNDS = 15;

/** Processor time, ms: what else runs here does not count. */
function milliseconds(run: () => void): number {
  const begin = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

function ask({ publicRules, defaultRules, print }: QuestionContext): Promise<Figure[]> {
  const name = publicRules ?? defaultRules;
  const text = readFileSync(name, "utf8");
  const catalogue = buildCatalogue();
  const readers = readersOf(new Map());
  const load = () => compileRuleSet([{ name, text }], catalogue).plan;
  const plan = load();
  if (plan === undefined) throw new Error(`${name} does not load`);
  const loads = Array.from({ length: ROUNDS }, () => milliseconds(load));
  const conditions = Array.from({ length: ROUNDS }, () =>
    milliseconds(() => {
      for (const rule of plan.rules) compileCondition(rule.condition, readers);
    }),
  );
  const perSecond = plan.rules.length / (median(conditions) / 1000);
  print(
    `  ${plan.rules.length} rules, ${thousands(text.length / 1024)} KiB; load ms: ${loads.map((ms) => ms.toFixed(1)).join(" ")}; ` +
      `closures ms: ${conditions.map((ms) => ms.toFixed(2)).join(" ")}`,
  );
  return Promise.resolve([
    { name: "text to plan", value: `${median(loads).toFixed(1)} ms`, aim: "" },
    { name: "text to plan, first time", value: `${loads[0]!.toFixed(1)} ms`, aim: "" },
    { name: "conditions to closures", value: `${thousands(perSecond)} conditions/s`, aim: "" },
  ]);
}

export const compile: Question = {
  name: "compile",
  asks: "How long does a rules file take to become a plan, and how many conditions a second become closures?",
  ask,
};
