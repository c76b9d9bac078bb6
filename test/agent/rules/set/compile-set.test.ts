import assert from "node:assert/strict";
import { compileRuleSet } from "../../../../agent/rules/compile.ts";
import type { RulePlan } from "../../../../agent/rules/plan.ts";
import { compileSet } from "../../../../agent/rules/set/compile-set.ts";
import { setDigest } from "../../../../agent/rules/set/digest.ts";
import type { RuleSet } from "../../../../agent/rules/set/rule-set.ts";
import { catalogue, list, macro, object, platform, rule, setOf } from "./objects.ts";

function rulesOf(set: RuleSet): readonly RulePlan[] {
  const { plan, objects } = compileSet(set, catalogue);
  const errors = objects.flatMap(({ findings }) => findings.errors.map(({ message }) => message));
  assert.deepEqual(errors, []);
  return plan.rules;
}

/** Which constants a rule compares, in order. */
const compiled = ({ condition }: RulePlan) => JSON.stringify(condition);

describe("compileSet", () => {
  it("gives each rule who it is, where it applies and where its alerts go", () => {
    const selector = {
      namespaceSelector: { matchLabels: { team: "a" } },
      podSelector: { matchLabels: { app: "x" } },
      nodeSelector: { matchLabels: { zone: "z" } },
    };
    const base = object(`${platform}/base`, { rules: [rule("Everywhere", "evt.type=open")] });
    const spec = { rules: [rule("R", "evt.type=open")], sinks: ["slack"], selector };
    const team = object("team-a/mine", spec);
    const [first, second] = rulesOf(
      setOf(base, { ...team, selector: { ...team.selector, namespaces: ["team-a"] } }),
    );
    assert.deepEqual(first?.identity, { namespace: platform, object: "base", rule: "Everywhere" });
    assert.equal(first?.onlyNamespace, undefined);
    assert.equal(first?.selector, undefined);
    assert.equal(first?.sinks, undefined);
    assert.deepEqual(second?.identity, { namespace: "team-a", object: "mine", rule: "R" });
    assert.equal(second?.onlyNamespace, "team-a");
    assert.deepEqual(second?.sinks, ["slack"]);
    assert.deepEqual(second?.selector, {
      namespaces: ["team-a"],
      podSelector: { matchLabels: { app: "x" } },
      nodeSelector: { matchLabels: { zone: "z" } },
    });
  });

  it("takes a rule of the same name in a namespace as Falco's redefinition: the first one's identity, the last one's text", () => {
    const rules = rulesOf(
      setOf(
        object("t/a", { rules: [rule("R", "evt.type=open")], sinks: ["first"] }),
        object("t/b", { rules: [rule("R", "evt.type=close")], sinks: ["second"] }),
      ),
    );
    assert.deepEqual(
      rules.map(({ identity, conditionText, sinks }) => ({ ...identity, conditionText, sinks })),
      [{ namespace: "t", object: "a", rule: "R", conditionText: "evt.type=close", sinks: ["first"] }],
    );
  });

  it("applies choices and the lowest priority to the rules of all namespaces", () => {
    const set: RuleSet = {
      ...setOf(
        object(`${platform}/a`, {
          rules: [rule("Shell one", "evt.type=open"), rule("Keep", "evt.type=open")],
        }),
        object("t/a", {
          rules: [
            rule("Shell two", "evt.type=open"),
            rule("Low", "evt.type=open", { priority: "DEBUG" }),
            rule("Off", "evt.type=open", { enabled: false, tags: ["on"] }),
          ],
        }),
      ),
      choices: [{ disable: { rule: "Shell*" } }, { enable: { tag: "on" } }],
      priority: "informational",
    };
    assert.deepEqual(
      rulesOf(set).map((each) => each.rule),
      ["Keep", "Off"],
    );
  });

  it("leaves out an object that does not load, and says why, but no other", () => {
    const { plan, objects } = compileSet(
      setOf(
        object("t/a", { requires: { engineVersion: "99.0.0" }, rules: [rule("Late", "evt.type=open")] }),
        object("t/b", { rules: [rule("R", "evt.type=open")] }),
      ),
      catalogue,
    );
    assert.deepEqual(
      plan.rules.map((each) => each.rule),
      ["R"],
    );
    assert.match(objects[0]?.findings.errors[0]?.message ?? "", /engine version 99\.0\.0/);
    assert.deepEqual(objects[1]?.findings.errors, []);
  });

  it("keeps lists of the operator's namespace in its macros where a team hides them", () => {
    const rules = rulesOf(
      setOf(
        object(`${platform}/a`, {
          lists: [list("shells", "bash"), list("all", "shells", "vi")],
          macros: [macro("shell", "proc.name in (shells)"), macro("any", "proc.name in (all)")],
        }),
        object("t/a", {
          lists: [list("shells", "fish")],
          rules: [rule("R", "evt.type=execve and shell and any and proc.pname in (shells)")],
        }),
        object("u/a", { rules: [rule("S", "evt.type=execve and proc.pname in (shells)")] }),
      ),
    );
    assert.match(compiled(rules[0]!), /bash.*bash.*vi.*fish/s);
    assert.match(compiled(rules[1]!), /bash/);
  });

  it("gives a manifest the same digest, whether it comes as a file or from the cluster", () => {
    const text = `apiVersion: tiercel.dev/v1alpha1
kind: FalcoRule
metadata: {name: mine}
spec:
  source: syscall
  lists: [{list: ports, items: [22, "443"]}]
  rules:
  - rule: R
    desc: d
    condition: evt.type=open and fd.sport in (ports)
    output: o
    priority: INFO
    enabled: true
    tags: [a]
  sinks: [slack]
`;
    const { plan } = compileRuleSet([{ name: "mine.yaml", text }], catalogue, { namespace: platform });
    const same = object(`${platform}/mine`, {
      source: "syscall",
      lists: [{ list: "ports", items: [22, "443"] }],
      rules: [
        rule("R", "evt.type=open and fd.sport in (ports)", { priority: "INFO", enabled: true, tags: ["a"] }),
      ],
      sinks: ["slack"],
    });
    assert.equal(plan?.digest, setDigest({ ...setOf(same), priority: "Debug" }));
    assert.notEqual(plan?.digest, setDigest({ ...setOf(same), priority: "Notice" }));
  });
});
