import assert from "node:assert/strict";
import { allErrors, conditionOf, errors, load, rule, rulesOf, warnings } from "../../../support/rules.ts";

const V = "LOAD_ERR_VALIDATE";
const E = "LOAD_ERR_YAML_VALIDATE";
const base = rule("R", "evt.type=open", "  tags: [b, a]\n  enabled: true\n");
const override = (keys: string, more: string) => `- rule: R\n  override: {${keys}}\n${more}`;

describe("redefinition, append and override", () => {
  const merged: readonly { name: string; texts: readonly string[]; want: string }[] = [
    {
      name: "a rule given again is replaced",
      texts: [base, rule("R", "evt.type=close")],
      want: "evt.type=close",
    },
    {
      name: "also by a later document",
      texts: [`${base}---\n${rule("R", "evt.type=close")}`],
      want: "evt.type=close",
    },
    {
      name: "append: true joins conditions as text, without parentheses",
      texts: [
        rule("R", "evt.type=open or evt.type=close"),
        "- rule: R\n  append: true\n  condition: and proc.name=x",
      ],
      want: "evt.type=open or evt.type=close and proc.name=x",
    },
    {
      name: "append: false is a redefinition",
      texts: [base, rule("R", "evt.type=close", "  append: false\n")],
      want: "evt.type=close",
    },
    {
      name: "override appends",
      texts: [base, override("condition: append", "  condition: and fd.num=1")],
      want: "evt.type=open and fd.num=1",
    },
    {
      name: "override replaces",
      texts: [base, override("condition: replace", "  condition: evt.type=close")],
      want: "evt.type=close",
    },
    {
      name: "an override that is no mapping counts as absent",
      texts: [base, rule("R", "evt.type=close", "  override: append\n")],
      want: "evt.type=close",
    },
    {
      name: "an empty override counts as absent",
      texts: [base, rule("R", "evt.type=close", "  override: {}\n")],
      want: "evt.type=close",
    },
  ];
  for (const { name, texts, want } of merged) it(name, () => assert.equal(conditionOf(...texts), want));

  it("a redefinition resets enabled, tags and exceptions, and keeps the slot", () => {
    const rules = rulesOf([
      `${rule("First", "evt.type=open", "  enabled: false\n  tags: [x]\n  exceptions: [{name: e, fields: proc.name, values: [a]}]\n")}${rule("Second", "evt.type=open")}`,
      rule("First", "evt.type=close"),
    ]);
    assert.deepEqual(
      rules.map(({ rule, tags, conditionText }) => [rule, tags, conditionText]),
      [
        ["First", [], "evt.type=close"],
        ["Second", [], "evt.type=open"],
      ],
    );
  });

  it("override applies appends, then replaces, and leaves the rest alone", () => {
    const change = override(
      "output: append, desc: append, tags: append, priority: replace, enabled: replace, exceptions: append, capture: replace, capture_duration: replace",
      "  output: '%proc.name  '\n  desc: more\n  tags: [c, a]\n  priority: ERROR\n  enabled: true\n  capture: true\n  capture_duration: 7\n  exceptions: [{name: e, fields: proc.name, values: [x]}]\n",
    );
    const [found] = rulesOf([base, change]);
    assert.equal(found?.desc, "d more");
    assert.deepEqual(found?.tags, ["a", "b", "c"]);
    assert.equal(found?.priority, 3);
    assert.equal(found?.conditionText, "(evt.type=open) and not (proc.name in (x))");
    assert.deepEqual(found?.output.tokens[0], { kind: "text", text: "o " });
    assert.deepEqual(found?.capture, { duration: 7 });
    assert.equal(rulesOf([base, override("tags: replace", "  tags: [z]\n")])[0]?.tags.join(), "z");
    assert.equal(rulesOf([base, override("enabled: replace", "  enabled: false\n")]).length, 0);
    assert.equal(
      rulesOf([base, override("priority: replace", "  priority: debug\n")], { minimumPriority: 6 }).length,
      0,
    );
  });

  it("enabled alone switches the earlier rule, and is deprecated", () => {
    const { plan, results } = load([base, "- rule: R\n  enabled: false\n"]);
    assert.equal(plan?.rules.length, 0);
    assert.match(warnings(results[1])[0] ?? "", /^LOAD_DEPRECATED_ITEM 1:3 /);
  });

  it("lists and macros are appended to, replaced and redefined", () => {
    const use = rule("R", "evt.type in (l) and m");
    const define = "- list: l\n  items: [open]\n- macro: m\n  condition: fd.num=1\n";
    const codes = (...texts: string[]) => {
      const [found] = rulesOf(texts);
      const check = JSON.stringify(found?.condition);
      return [found?.events.length, /"values":\[2\]/.test(check)];
    };
    assert.deepEqual(codes(define, use), [1, false]);
    assert.deepEqual(
      codes(
        define,
        "- list: l\n  append: true\n  items: [close]\n- macro: m\n  append: true\n  condition: or fd.num=2\n",
        use,
      ),
      [2, true],
    );
    assert.deepEqual(
      codes(
        define,
        "- list: l\n  override: {items: append}\n  items: [close]\n- macro: m\n  override: {condition: append}\n  condition: or fd.num=2\n",
        use,
      ),
      [2, true],
    );
    assert.deepEqual(
      codes(
        define,
        use,
        "- list: l\n  items: [close, dup]\n- macro: m\n  override: {condition: replace}\n  condition: fd.num=2\n",
      ),
      [2, true],
    );
    assert.deepEqual(
      codes(
        "- list: l\n  override: {items: replace}\n  items: [open]\n- macro: m\n  override: {condition: replace}\n  condition: fd.num=2\n",
        use,
      ),
      [1, true],
    );
  });

  const refused: readonly { name: string; texts: readonly string[]; want: readonly string[] }[] = [
    {
      name: "append to no rule",
      texts: ["- rule: R\n  append: true\n  condition: and fd.num=1"],
      want: [
        `${V} 1:9 Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists`,
      ],
    },
    {
      name: "override append to no rule",
      texts: [override("condition: append", "  condition: and fd.num=1")],
      want: [
        `${V} 1:9 Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists`,
      ],
    },
    {
      name: "override replace of no rule",
      texts: [override("priority: replace", "  priority: INFO")],
      want: [
        `${V} 1:9 An 'override.<key>: replace' to a rule was requested but no rule by that name already exists`,
      ],
    },
    {
      name: "append to no macro",
      texts: ["- macro: m\n  append: true\n  condition: or fd.num=1"],
      want: [
        `${V} 1:10 Macro uses 'append' or 'override.condition: append' but no macro by that name already exists`,
      ],
    },
    {
      name: "append to no list",
      texts: ["- list: l\n  override: {items: append}\n  items: [a]"],
      want: [
        `${V} 1:9 List uses 'append' or 'override.items: append' but no list by that name already exists`,
      ],
    },
    {
      name: "appending neither condition nor exceptions",
      texts: [base, "- rule: R\n  append: true\n  tags: [x]"],
      want: [`${V} 1:3 Appended rule must have exceptions or condition property`],
    },
    {
      name: "another source",
      texts: [base, rule("R", "ka.verb=get", "  source: k8s_audit\n")],
      want: [`${V} 6:11 Rule has been re-defined with a different source`],
    },
    {
      name: "no source over another one",
      texts: [rule("R", "ka.verb=get", "  source: k8s_audit\n"), base],
      want: [`${V} 1:9 Rule has been re-defined with a different source`],
    },
    {
      name: "an append with another source (R08)",
      texts: [
        rule("R", "ka.verb=get", "  source: k8s_audit\n"),
        "- rule: R\n  source: syscall\n  append: true\n  condition: and proc.name=x",
      ],
      want: [`${V} 2:11 Rule has been re-defined with a different source`],
    },
    {
      name: "an override with another source over an unknown one",
      texts: [
        rule("R", "x", "  source: okta\n"),
        "- rule: R\n  source: syscall\n  override: {condition: append}\n  condition: and x",
      ],
      want: [`${V} 2:11 Rule has been re-defined with a different source`],
    },
    {
      name: "appending a key that can only be replaced",
      texts: [base, override("priority: append", "  priority: INFO")],
      want: [`${E} 2:24 Key 'priority' cannot be appended to, use 'replace' instead`],
    },
    {
      name: "replacing an unknown key",
      texts: [base, override("conditoin: replace", "  condition: x")],
      want: [`${E} 2:25 Key 'conditoin' cannot be replaced`],
    },
    {
      name: "an operation that is none",
      texts: [base, override("condition: prepend", "  condition: x")],
      want: [
        `${E} 2:25 Invalid override operation for key 'condition': 'prepend'. Allowed values are: append replace `,
      ],
    },
    {
      name: "an operation that is none for a key that can only be replaced",
      texts: [base, override("priority: x", "  priority: INFO")],
      want: [`${E} 2:24 Invalid override operation for key 'priority': 'x'. Allowed values are: replace `],
    },
    {
      name: "an append override of a key that is not there",
      texts: [base, override("condition: append", "")],
      want: [`${E} 1:3 An append override for 'condition' was specified but 'condition' is not defined`],
    },
    {
      name: "a replace override of a key that is not there",
      texts: [base, override("output: replace", "")],
      want: [`${E} 1:3 An replace override for 'output' was specified but 'output' is not defined`],
    },
    {
      name: "a key without its override",
      texts: [base, override("condition: append", "  condition: and fd.num=1\n  output: x")],
      want: [`${E} 4:3 Unexpected key 'output': no corresponding entry under 'override' is defined.`],
    },
    {
      name: "override beside append: true",
      texts: [base, override("condition: append", "  append: true\n  condition: and fd.num=1")],
      want: [
        `${E} 1:3 Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.`,
      ],
    },
  ];
  for (const { name, texts, want } of refused)
    it(`refuses ${name}`, () => assert.deepEqual(allErrors(texts), want));

  it("names both places of a changed source", () => {
    const found = load([rule("R", "ka.verb=get", "  source: k8s_audit\n"), base]).results[1]?.errors[0];
    assert.equal(found?.related?.place.file.name, "a.yaml");
    assert.match(found?.help ?? "", /k8s_audit.*syscall/);
  });

  it("an append onto a rule of unknown source is skipped with a warning, an override in silence", () => {
    const unknown = rule("R", "x", "  source: okta\n");
    const after = (text: string) => warnings(load([unknown, text]).results[1]);
    assert.deepEqual(
      after("- rule: R\n  append: true\n  condition: ((\n").filter((text) => text.includes("UNKNOWN_SOURCE")),
      [
        "LOAD_UNKNOWN_SOURCE 1:3 Unknown source okta, skipping",
        "LOAD_UNKNOWN_SOURCE 1:9 Unknown source okta, skipping",
      ],
    );
    assert.deepEqual(
      errors(load([unknown, override("condition: append", "  condition: ((")]).results[1]),
      [],
    );
  });

  it("an append to a rule below the minimum priority is fine", () => {
    assert.deepEqual(
      rulesOf([base, "- rule: R\n  append: true\n  condition: and fd.num=1"], { minimumPriority: 0 }),
      [],
    );
  });

  it("an override that breaks a rule of an earlier file is that file's mistake, told with the item that made it", () => {
    const { results } = load([base, override("condition: append", "  condition: and and")]);
    assert.deepEqual(
      results.map((result) => result.successful),
      [true, false],
    );
    assert.equal(results[1]?.errors[0]?.place?.file.name, "b.yaml");
    assert.deepEqual(results[1]?.errors[0]?.chain[1]?.place.file.name, "b.yaml");
  });
});

describe("several files", () => {
  it("repeats warnings of compiling for later files, those of reading not", () => {
    const { results } = load(["- macro: m\n  condition: fd.num=1\n  foo: 1\n", ""]);
    assert.deepEqual(warnings(results[1]), [
      "LOAD_UNUSED_MACRO 1:10 Macro not referred to by any other rule/macro",
    ]);
    assert.equal(results[1]?.warnings[0]?.repeated, true);
    assert.equal(results[0]?.warnings.length, 2);
  });

  it("does not repeat errors, and goes on to the next file", () => {
    const { results } = load([rule("R", "evt.type=opne"), rule("S", "evt.type=clsoe")]);
    assert.deepEqual(results.map(errors), [
      ["LOAD_ERR_COMPILE_CONDITION 3:23 unknown event type opne"],
      ["LOAD_ERR_COMPILE_CONDITION 3:23 unknown event type clsoe"],
    ]);
  });

  it("must be valid one by one: a macro of a later file is not known yet", () => {
    const { results } = load([rule("R", "evt.type=open and m"), "- macro: m\n  condition: fd.num=1\n"]);
    assert.deepEqual(errors(results[0]), ["LOAD_ERR_VALIDATE 3:32 Undefined macro 'm' used in filter."]);
    assert.equal(results[0]?.errors[0]?.help, "macro 'm' is defined in b.yaml: load that file first");
  });

  it("a list of a later file is a plain text until then, where the field is one", () => {
    const [found] = rulesOf([
      rule("R", "evt.type=open and proc.name in (later)"),
      "- list: later\n  items: [a, b]\n",
    ]);
    assert.match(JSON.stringify(found?.condition), /"values":\["a","b"\]/);
    for (const [condition, message] of [
      ["fd.sip in (later)", /unrecognized IPv6 address later/],
      ["fd.sport in (later)", /unrecognized protocol later/],
      ["fd.snet in (later)", /later/],
      ["proc.pid in (later)", /later is not a valid number/],
    ] as const) {
      const { results } = load([
        rule("R", `evt.type=open and ${condition}`),
        "- list: later\n  items: [1]\n",
      ]);
      assert.match(results[0]?.errors[0]?.message ?? "", message);
      assert.match(results[0]?.errors[0]?.help ?? "", /list 'later' is defined in b\.yaml/, condition);
    }
  });

  it("says anew what nobody uses when the only user was given again", () => {
    const { results } = load([
      `- macro: m\n  condition: fd.num=1\n- list: l\n  items: [a]\n${rule("R", "evt.type=open and m and proc.name in (l)")}`,
      rule("R", "evt.type=open"),
      rule("S", "evt.type=open and m"),
    ]);
    assert.deepEqual(
      results.map((result) => result.warnings.map(({ code }) => code)),
      [[], ["LOAD_UNUSED_MACRO", "LOAD_UNUSED_LIST"], ["LOAD_UNUSED_LIST"]],
    );
  });

  it("sees a change of a list or macro in rules of earlier files", () => {
    const { plan, results } = load([
      `- macro: m\n  condition: fd.num=1\n- list: l\n  items: [a]\n${rule("R", "evt.type=open and m and proc.name in (l)")}`,
      rule("S", "evt.type=open"),
      "- list: l\n  append: true\n  items: [b]\n- macro: m\n  condition: fd.num=2\n",
    ]);
    assert.deepEqual(results.flatMap(errors), []);
    assert.match(JSON.stringify(plan?.rules[0]?.condition), /"values":\[2\].*"values":\["a","b"\]/);
  });

  it("reports rules in slot order, wherever they were changed", () => {
    const { results } = load([
      rule("Old", "evt.type=open"),
      `${rule("New", "evt.type=opne")}${rule("Old", "evt.type=clsoe")}`,
    ]);
    assert.deepEqual(
      results[1]?.errors.map(({ message }) => message),
      ["unknown event type clsoe", "unknown event type opne"],
    );
  });
});
