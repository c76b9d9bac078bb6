import assert from "node:assert/strict";
import { setObjectOf } from "../../../agent/rules/set/set-object.ts";
import type { SetObject } from "../../../agent/rules/set/rule-set.ts";
import { basesOf, definitionsOf, RuleReviewer } from "../../../operator/admission/rule-reviewer.ts";

const platform = "tiercel-system";

const object = (namespace: string, name: string, spec: object): SetObject =>
  setObjectOf({ metadata: { namespace, name }, spec });
const rule = (condition: string, more: object = {}) => ({
  rule: "Own",
  desc: "d",
  condition,
  output: "%proc.name",
  priority: "NOTICE",
  ...more,
});
const rules = (...list: readonly object[]) => ({ rules: list });

/** What is in the cluster. */
const stored = [
  object(platform, "base", {
    macros: [{ macro: "spawned", condition: "evt.type in (execve, execveat)" }],
    lists: [{ list: "shells", items: ["bash", "sh"] }],
    rules: [rule("spawned and proc.name in (shells)", { rule: "Platform's" })],
  }),
  object("shop", "rules", rules(rule("spawned and proc.name = vi", { rule: "Shop's" }))),
  object("shop", "zz-late", { order: 99, macros: [{ macro: "late", condition: "proc.name = late" }] }),
  object("bank", "names", { macros: [{ macro: "bank_only", condition: "proc.name = bank" }] }),
];

describe("a FalcoRule that is about to be stored", () => {
  let reviewer: RuleReviewer;
  before(() => {
    reviewer = new RuleReviewer(platform);
    for (const each of stored) reviewer.know(`${each.namespace}/${each.name}`, definitionsOf(each));
  });

  const review = (spec: object, namespace = "shop") => {
    const own = object(namespace, "tuned", spec);
    return reviewer.review(own, basesOf(own, stored));
  };

  const refused = [
    {
      name: "with a field that there is none of, behind a macro of the platform",
      spec: rules(rule("spawned and proc.nmae = vi")),
      says: /^spec\.rules\[0\]\.condition:1:13: rule 'Own': .*proc\.nmae.*proc\.name/,
    },
    {
      name: "with a mistake on the second line",
      spec: rules(rule("evt.type = execve\n  and proc.nmae = vi")),
      says: /^spec\.rules\[0\]\.condition:2:7: /,
    },
    {
      name: "with a condition that ends too soon",
      spec: rules(rule("evt.type = execve and")),
      says: /^spec\.rules\[0\]\.condition:1:\d+: /,
    },
    {
      name: "with a wrong type",
      spec: rules(rule("evt.type = connect and proc.pid = abc")),
      says: /^spec\.rules\[0\]\.condition:1:\d+: .*abc/,
    },
    {
      name: "with a field in its output that there is none of",
      spec: rules(rule("spawned", { output: "shell %proc.nmae" })),
      says: /^spec\.rules\[0\]\.output:1:7: /,
    },
    {
      name: "with a macro that is wrong in itself",
      spec: { macros: [{ macro: "m", condition: "proc.nmae = vi" }], rules: [rule("spawned and m")] },
      says: /^spec\.macros\[0\]\.condition:1:1: /,
    },
    {
      name: "with an exception that compares more fields than it has operators",
      spec: rules(
        rule("spawned", { exceptions: [{ name: "e", fields: ["proc.name", "proc.pname"], comps: ["="] }] }),
      ),
      says: /^spec\.rules\[0\]\.exceptions/,
    },
    {
      name: "with a mistake in a rule on audit events",
      spec: {
        source: "k8s_audit",
        rules: [rule("ka.verb = create and ka.usr.name = x", { output: "%ka.user.name" })],
      },
      says: /^spec\.rules\[0\]\.condition:1:22: .*ka\.usr\.name/,
    },
    {
      name: "with a change of a rule of its own namespace that makes that rule wrong",
      spec: rules({ rule: "Shop's", condition: "and proc.nmae = vi", override: { condition: "append" } }),
      says: /^spec\.rules\[0\]\.condition:1:5: /,
    },
  ];
  for (const { name, spec, says } of refused)
    it(`is refused ${name}`, () => {
      const { mistakes } = review(spec);
      assert.match(mistakes.join("\n"), says);
    });

  const pending = [
    { name: "a macro that nobody defines", spec: rules(rule("spawned and mine")), says: /mine/ },
    { name: "a macro of another team", spec: rules(rule("spawned and bank_only")), says: /bank_only/ },
    { name: "a macro that comes later", spec: rules(rule("late")), says: /zz-late.*smaller spec\.order/ },
    {
      name: "a rule that nobody defines",
      spec: rules({ rule: "Nobody's", condition: "and x", override: { condition: "append" } }),
      says: /Nobody's/,
    },
    {
      name: "a rule of the platform",
      spec: rules({ rule: "Platform's", enabled: false, override: { enabled: "replace" } }),
      says: /Platform's/,
    },
  ];
  for (const { name, spec, says } of pending)
    it(`is taken with a warning where it refers to ${name}`, () => {
      const { mistakes, warnings } = review(spec);
      assert.deepEqual(mistakes, []);
      assert.match(warnings[0] ?? "", says);
    });

  it("is taken without a word where nothing is wrong", () => {
    const spec = rules(rule("spawned and proc.name in (shells)"));
    assert.deepEqual(review(spec), { mistakes: [], warnings: [] });
    assert.deepEqual(review(spec, platform), { mistakes: [], warnings: [] });
  });

  it("is taken with rules on audit events, whether or not an agent receives them (R62)", () => {
    const spec = {
      source: "k8s_audit",
      rules: [rule("ka.verb = create and ka.target.resource = pods", { output: "%ka.user.name" })],
    };
    assert.deepEqual(review(spec), { mistakes: [], warnings: [] });
  });

  it("is taken with a warning where its source is unknown", () => {
    const { mistakes, warnings } = review({ source: "camera", rules: [rule("evt.num > 0")] });
    assert.deepEqual(mistakes, []);
    assert.match(warnings.join(), /Unknown source camera/);
  });

  it("gets hints after warnings", () => {
    const { mistakes, warnings } = review(
      rules(rule("evt.type = open and mine"), rule("evt.type = open", { rule: "B" })),
    );
    assert.deepEqual(mistakes, []);
    assert.match(warnings[0]!, /mine/);
    assert.match(warnings.at(-1)!, /openat/);
  });

  it("sees what others define as it is now", () => {
    const spec = rules(rule("fresh"));
    assert.equal(review(spec).warnings.length, 1);
    const fresh = object("shop", "fresh", { macros: [{ macro: "fresh", condition: "evt.type = execve" }] });
    reviewer.know("shop/fresh", fresh);
    assert.deepEqual(review(spec), { mistakes: [], warnings: [] });
    reviewer.know("shop/fresh", undefined);
    assert.equal(review(spec).warnings.length, 1);
  });

  it("does not see the rules of a review before", () => {
    const change = { rule: "Shop's", desc: "new", override: { desc: "replace" } };
    assert.deepEqual(review(rules(change)).mistakes, []);
    const own = object("shop", "tuned", rules(change));
    assert.match(reviewer.review(own, []).warnings.join(), /Shop's/);
  });
});
