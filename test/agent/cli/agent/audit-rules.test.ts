/** Public audit rules on Events as API servers write them: each rule on one that raises it, and on its twin. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { RulePlan } from "../../../../agent/rules/plan.ts";
import { raising, type Raise } from "../../../support/audit-rules.ts";
import { auditRuleCases, type AuditRuleCase } from "../../../support/audit-rule-cases.ts";
import { golden } from "../../../support/golden.ts";
import { falcoRules } from "../../../support/reference.ts";
import { withoutClause } from "../../../system/support/without-clause.ts";

/** Marks a copy of a rule without the clause that its case names. */
const WITHOUT = "without its clause: ";

/** Copies of the rules of cases, each without the clause that its twin does not fulfil. */
function withoutClauses(rules: readonly RulePlan[], cases: readonly AuditRuleCase[]): string {
  return cases
    .map(({ rule, clause }) => {
      const { conditionText } = rules.find((each) => each.rule === rule)!;
      const condition = withoutClause(`evt.num > 0 and (${conditionText.trim()})`, clause);
      const name = JSON.stringify(WITHOUT + rule);
      return `- rule: ${name}\n  desc: d\n  condition: ${JSON.stringify(condition)}\n  output: o\n  priority: INFO\n  source: k8s_audit\n`;
    })
    .join("");
}

describe("public audit rules", () => {
  const plain = auditRuleCases.filter(({ macros }) => macros === undefined);
  const changed = auditRuleCases.filter(({ macros }) => macros !== undefined);
  let asTheyCome: Raise;
  let withMacros: Raise;
  const raiseOf = ({ macros }: AuditRuleCase) => (macros === undefined ? asTheyCome : withMacros);

  before(function () {
    const text = readFileSync(`${falcoRules(this)}/falco-rules/k8s_audit_rules.yaml`, "utf8");
    const { rules } = raising([text]);
    assert.deepEqual(
      auditRuleCases.map(({ rule }) => rule),
      rules.map(({ rule }) => rule),
      "each rule has its case, in order",
    );
    asTheyCome = raising([text, withoutClauses(rules, plain)]).raise;
    const macros = [...new Set(changed.map((each) => each.macros!))].join("");
    withMacros = raising([text, macros, withoutClauses(rules, changed)]).raise;
  });

  for (const each of auditRuleCases)
    it(`${each.rule}: ${each.does}; its twin lacks one clause`, () => {
      const { rule, event, twin, clause } = each;
      assert.ok(raiseOf(each)(event).includes(rule), `${rule} is raised`);
      const raised = raiseOf(each)({ ...event, ...twin });
      assert.ok(!raised.includes(rule), `${rule} is not raised by its twin`);
      assert.ok(raised.includes(WITHOUT + rule), `the twin differs in ${clause} alone`);
    });

  it("stand in a table with the Events that raise them", () => {
    const rows = auditRuleCases.map((each) => {
      const alerts = raiseOf(each)(each.event).filter((rule) => !rule.startsWith(WITHOUT));
      const { verb, uri, level = "RequestResponse", code = 201 } = each.event;
      const macros = [...(each.macros ?? "").matchAll(/^- (?:macro|list): (\S+)/gm)].map((found) => found[1]);
      const others = alerts.filter((rule) => rule !== each.rule);
      return `| ${[each.rule, each.does, `${verb} ${uri.replace(/\?.*/, "")} (${level}, ${code})`, each.clause, macros.join(", "), others.join("; ")].join(" | ")} |`;
    });
    golden(
      "audit-rules.md",
      `# Public audit rules, each raised by an Event

Made by tests (UPDATE_GOLDEN=1) from their cases, each of which is a test of its own: test/support/audit-rule-cases.ts. The
twin of an Event fulfils the rule's condition but for the clause that is named.

| rule | what is asked of the API server | Event | clause that the twin lacks | what is changed in the rules | raised as well |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`,
    );
  });
});
