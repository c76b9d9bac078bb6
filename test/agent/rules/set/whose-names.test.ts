/** Each way in which one object might change rules of others, tried: design.md 5, "Whose names are whose". */
import assert from "node:assert/strict";
import { compileSet } from "../../../../agent/rules/set/compile-set.ts";
import { Judge } from "../../../../agent/rules/set/judge.ts";
import { objectKey } from "../../../../agent/rules/set/order.ts";
import type { SetObject } from "../../../../agent/rules/set/rule-set.ts";
import { catalogue, list, macro, object, platform, rule, settings } from "./objects.ts";

const values = [["proc.name", "=", "ok"]];
const base: readonly SetObject[] = [
  object(`${platform}/base`, {
    lists: [list("shells", "bash", "sh"), list("all", "shells", "vi")],
    macros: [macro("shell", "proc.name in (shells)"), macro("spawned", "evt.type=execve and shell")],
    rules: [
      rule("Shell", "spawned and proc.pname in (all)", {
        tags: ["a"],
        exceptions: [{ name: "known", fields: ["proc.name"], comps: ["="], values: [["busybox"]] }],
      }),
      rule("Off", "spawned", { enabled: false }),
    ],
  }),
  object("victim/rules", {
    lists: [list("mine", "x")],
    macros: [macro("own", "proc.name in (mine, shells)")],
    rules: [rule("Shell", "spawned and own"), rule("Victim", "evt.type=open and own and shell")],
  }),
];

/** Everything about the rules of all namespaces but `evil`, and which objects are accepted. */
function othersOf(objects: readonly SetObject[]) {
  const judgement = new Judge(catalogue).judge(objects, [], settings);
  const { plan } = compileSet(judgement.set, catalogue);
  return {
    rules: plan.rules.filter(({ identity }) => identity.namespace !== "evil"),
    accepted: judgement.verdicts
      .filter(({ object }) => object.namespace !== "evil")
      .map(({ object, reason, errors, warnings }) => ({ key: objectKey(object), reason, errors, warnings })),
    evil: plan.rules.filter(({ identity }) => identity.namespace === "evil"),
    reason: judgement.verdicts.find(({ object }) => object.namespace === "evil")?.reason,
  };
}

interface Attempt {
  readonly name: string;
  readonly spec: Parameters<typeof object>[1];
  /** What becomes of the object itself. */
  readonly reason: "Accepted" | "MissingReference" | "Invalid";
}

const attempts: readonly Attempt[] = [
  {
    name: "override replaces a condition",
    spec: { rules: [{ rule: "Shell", condition: "evt.num=0", override: { condition: "replace" } }] },
    reason: "MissingReference",
  },
  {
    name: "override appends to a condition",
    spec: { rules: [{ rule: "Victim", condition: "and evt.num=0", override: { condition: "append" } }] },
    reason: "MissingReference",
  },
  {
    name: "override replaces tags, priority and output",
    spec: {
      rules: [
        {
          rule: "Shell",
          tags: ["b"],
          priority: "DEBUG",
          output: "x",
          override: { tags: "replace", priority: "replace", output: "replace" },
        },
      ],
    },
    reason: "MissingReference",
  },
  {
    name: "append: true",
    spec: { rules: [{ rule: "Shell", condition: "and evt.num=0", append: true }] },
    reason: "MissingReference",
  },
  {
    name: "enabled: false alone",
    spec: { rules: [{ rule: "Shell", enabled: false }] },
    reason: "MissingReference",
  },
  {
    name: "enabled: true alone",
    spec: { rules: [{ rule: "Off", enabled: true }] },
    reason: "MissingReference",
  },
  {
    name: "override of enabled",
    spec: { rules: [{ rule: "Victim", enabled: false, override: { enabled: "replace" } }] },
    reason: "MissingReference",
  },
  {
    name: "exceptions appended",
    spec: {
      rules: [{ rule: "Shell", exceptions: [{ name: "known", values }], override: { exceptions: "append" } }],
    },
    reason: "MissingReference",
  },
  {
    name: "exceptions replaced",
    spec: {
      rules: [
        {
          rule: "Shell",
          exceptions: [{ name: "all", fields: ["proc.name"], comps: ["!="], values: [["nothing"]] }],
          override: { exceptions: "replace" },
        },
      ],
    },
    reason: "MissingReference",
  },
  { name: "redefinition of a rule", spec: { rules: [rule("Shell", "evt.num=0")] }, reason: "Accepted" },
  {
    name: "redefinition with another source",
    spec: { rules: [rule("Shell", "ka.verb=get", { source: "k8s_audit" })] },
    reason: "Accepted",
  },
  {
    name: "a macro of the same name",
    spec: { macros: [macro("shell", "proc.name=none")] },
    reason: "Accepted",
  },
  {
    name: "a macro that others use in theirs",
    spec: { macros: [macro("own", "proc.name=none")] },
    reason: "Accepted",
  },
  {
    name: "a macro appended to",
    spec: { macros: [{ macro: "shell", condition: "or proc.name=x", override: { condition: "append" } }] },
    reason: "MissingReference",
  },
  { name: "a list of the same name", spec: { lists: [list("shells", "none")] }, reason: "Accepted" },
  {
    name: "a list appended to",
    spec: { lists: [{ list: "shells", items: ["x"], override: { items: "append" } }] },
    reason: "MissingReference",
  },
  {
    name: "a list appended to, the old way",
    spec: { lists: [{ list: "mine", items: ["x"], append: true }] },
    reason: "MissingReference",
  },
  {
    name: "a list called as a word of others' conditions",
    spec: { lists: [list("bash", "none"), list("x", "none")] },
    reason: "Accepted",
  },
  {
    name: "a list called as a field",
    spec: { lists: [list("proc.name", "proc.pname"), list("evt.type=open", "y")] },
    reason: "Accepted",
  },
  { name: "a macro that does not compile", spec: { macros: [macro("shell", "and and")] }, reason: "Invalid" },
  {
    name: "a rule that does not compile",
    spec: { rules: [rule("Shell", "proc.nmae=x")] },
    reason: "Invalid",
  },
  { name: "an engine nobody has", spec: { requires: { engineVersion: "99.0.0" } }, reason: "Invalid" },
  {
    name: "a plugin nobody has",
    spec: { requires: { plugins: [{ name: "no", version: "1.0.0" }] } },
    reason: "Invalid",
  },
];

describe("whose names are whose", () => {
  const before = othersOf(base);
  for (const { name, spec, reason } of attempts)
    for (const order of [0, 99])
      it(`leaves others' rules alone: ${name}, order ${order}`, () => {
        const after = othersOf([...base, object("evil/try", { ...spec, order })]);
        assert.deepEqual(after.rules, before.rules);
        assert.deepEqual(after.accepted, before.accepted);
        assert.equal(after.reason, reason);
      });

  it("sees no names of other teams", () => {
    assert.equal(
      othersOf([...base, object("evil/try", { rules: [rule("R", "evt.type=open and own")] })]).reason,
      "MissingReference",
    );
  });

  it("says of a rule of the operator's namespace that it can be changed only from there", () => {
    const evil = object("evil/try", { rules: [{ rule: "Shell", enabled: false }] });
    const { verdicts } = new Judge(catalogue).judge([...base, evil], [], settings);
    const texts = verdicts.flatMap(({ errors }) => errors.map(({ text }) => text));
    assert.match(
      texts.join(),
      /rule 'Shell' belongs to the operator's namespace and can be changed only from there/,
    );
  });

  it("gives a team's own rules its own names, and platform macros what they mean there", () => {
    const { evil } = othersOf([
      ...base,
      object("evil/try", {
        lists: [list("shells", "fish")],
        macros: [macro("spawned", "evt.type=open")],
        rules: [rule("R", "spawned and shell and proc.pname in (shells)")],
      }),
    ]);
    const text = JSON.stringify(evil[0]?.condition);
    assert.match(text, /"bash".*"sh".*"fish"/s);
    assert.doesNotMatch(text, /execve/);
    assert.equal(evil[0]?.onlyNamespace, "evil");
  });

  it("lets objects of the operator's namespace change each other, and what teams see", () => {
    const change = object(`${platform}/change`, {
      order: 99,
      lists: [{ list: "shells", items: ["zsh"], override: { items: "append" } }],
      rules: [{ rule: "Off", enabled: true, override: { enabled: "replace" } }],
    });
    const { rules } = othersOf([...base, change]);
    assert.deepEqual(
      rules.map(({ identity }) => `${identity.namespace}/${identity.object}/${identity.rule}`),
      [`${platform}/base/Shell`, `${platform}/base/Off`, "victim/rules/Shell", "victim/rules/Victim"],
    );
    for (const each of rules) assert.match(JSON.stringify(each.condition), /"zsh"/);
  });
});
