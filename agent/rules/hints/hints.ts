/** All hints on a rule set that compiles, or on the part of it that does. */
import type { Catalogue } from "../catalogue.ts";
import type { CompiledRule } from "../compile-rules.ts";
import type { HintFinding } from "../diagnostics/finding.ts";
import type { Conditions } from "../files/compile-conditions.ts";
import { placeOf } from "../files/yaml-tree.ts";
import { notCaptured, sisterCalls } from "./calls.ts";
import { swallowing } from "./exceptions.ts";
import { checksOf, type HintSubject, type RuleHint, type RuleHints } from "./hint.ts";
import { absentFields, absentOutputFields, enterDirection, hostNames, twoValues } from "./never.ts";
import { deafRules } from "./selector.ts";
import { findShadows, type Shadow } from "./shadowed.ts";
import { leadingStar, literalStar, missingLists } from "./values.ts";

const all: readonly RuleHints[] = [
  absentFields,
  enterDirection,
  hostNames,
  twoValues,
  leadingStar,
  literalStar,
  missingLists,
  swallowing,
  sisterCalls,
  notCaptured,
  absentOutputFields,
  deafRules,
];

/** Names that conditions can refer to. */
export type KnownNames = Pick<HintSubject, "lists" | "macros">;

function subjectOf(rule: CompiledRule, catalogue: Catalogue, names: KnownNames): HintSubject {
  const { events } = rule.condition;
  const eventNames =
    events === "all" ? undefined : [...new Set(events.map((code) => catalogue.events.name(code)))];
  return { rule, catalogue, ...names, events: eventNames, checks: checksOf(rule.condition.expr) };
}

/** A rule whose condition is empty on purpose (evt.num=0) matches no event: nothing is to be said about it. */
const isOff = ({ condition }: CompiledRule) => condition.events !== "all" && condition.events.length === 0;

function finding(hint: RuleHint, rule: CompiledRule, conditions: Conditions): HintFinding {
  const { entry, text } = rule;
  const subject = { text, node: entry.conditionNode, chain: entry.chain };
  const whole = placeOf(entry.nameNode);
  const place =
    hint.spot !== undefined
      ? conditions.placeOf(subject, hint.spot.macros, hint.spot.at, hint.spot.end)
      : hint.outputAt === undefined
        ? whole
        : entry.output.placeOf(hint.outputAt.at, hint.outputAt.end);
  return {
    code: hint.code,
    message: hint.message,
    chain: entry.chain,
    place: place ?? whole,
    ...(hint.help === undefined ? {} : { help: hint.help }),
  };
}

function shadowFinding({ earlier, later, partly }: Shadow): HintFinding {
  const name = earlier.entry.name;
  const scope = partly ? ", apart from what that rule itself excludes" : "";
  return {
    code: "TIERCEL_SHADOWED",
    message: `under rule_matching: first, '${name}' takes the events of this rule${scope}`,
    chain: later.entry.chain,
    place: placeOf(later.entry.nameNode),
    related: { message: "the earlier rule", place: placeOf(earlier.entry.nameNode) },
  };
}

/** Hints for rules, in their order, then for pairs of rules. The same thing about the same place is said once. */
export function hintsOf(
  rules: readonly CompiledRule[],
  conditions: Conditions,
  catalogue: Catalogue,
  names: KnownNames,
): HintFinding[] {
  const considered = rules.filter((rule) => rule.entry.complete && !isOff(rule));
  const found: HintFinding[] = [];
  for (const rule of considered) {
    const subject = subjectOf(rule, catalogue, names);
    for (const look of all) for (const hint of look(subject)) found.push(finding(hint, rule, conditions));
  }
  return [...found, ...findShadows(considered).map(shadowFinding)];
}
