import assert from "node:assert/strict";
import { stringify } from "yaml";
import { errors, hints, load, rule, rulesOf, warnings } from "../../../support/rules.ts";

const item = (name: string, condition = "evt.type=execve", more: object = {}) => ({
  rule: name,
  desc: "d",
  condition,
  output: "o",
  priority: "Info",
  ...more,
});

const manifest = (name: string, spec: object) =>
  stringify({ apiVersion: "tiercel.dev/v1alpha1", kind: "FalcoRule", metadata: { name }, spec });

describe("FalcoRule manifests as rules files", () => {
  it("have the same keys, whatever the order in the object", () => {
    const text = manifest("shop", {
      rules: [item("R", "evt.type=execve and m and proc.name in (l)")],
      macros: [{ macro: "m", condition: "proc.pid=1" }],
      lists: [{ list: "l", items: ["a", "b"] }],
    });
    const [found] = rulesOf([text]);
    assert.deepEqual(found?.identity, { namespace: "", object: "shop", rule: "R" });
    assert.match(JSON.stringify(found.condition), /"a","b"/);
  });

  it("count as the given namespace, and keep sinks and selectors", () => {
    const selector = {
      namespaceSelector: { matchLabels: { team: "a" } },
      podSelector: {
        matchExpressions: [
          { key: "app", operator: "In", values: ["x"] },
          { key: "tmp", operator: "DoesNotExist" },
        ],
      },
      nodeSelector: {},
    };
    const [found] = rulesOf([manifest("o", { rules: [item("R")], sinks: ["slack"], selector })], {
      namespace: "tiercel-system",
    });
    assert.equal(found?.identity.namespace, "tiercel-system");
    assert.deepEqual([found.sinks, found.selector], [["slack"], selector]);
  });

  it("give their source to rules that name none", () => {
    const rules = rulesOf([
      manifest("o", {
        source: "k8s_audit",
        rules: [item("A", "ka.verb=get"), item("S", "evt.type=execve", { source: "syscall" })],
      }),
    ]);
    assert.deepEqual(
      rules.map(({ source }) => source),
      ["k8s_audit", "syscall"],
    );
    assert.deepEqual(
      warnings(load([manifest("o", { source: "okta", rules: [item("A", "((")] })]).results[0]),
      ["LOAD_UNKNOWN_SOURCE 8:13 Unknown source okta, skipping"],
    );
  });

  it("of one file are taken by order, then name; change each other by override; keep the first one's identity", () => {
    const objects = [
      manifest("b", {
        rules: [{ rule: "R", condition: "and proc.pid=2", override: { condition: "append" } }],
      }),
      manifest("a", { rules: [item("R")] }),
      manifest("z", { order: 1, rules: [item("First")] }),
      manifest("c", {
        rules: [{ rule: "R", condition: "and proc.pid=3", override: { condition: "append" } }],
      }),
    ];
    const rules = rulesOf([objects.join("---\n")]);
    assert.deepEqual(
      rules.map(({ identity, conditionText }) => [identity.object, identity.rule, conditionText]),
      [
        ["z", "First", "evt.type=execve"],
        ["a", "R", "evt.type=execve and proc.pid=2 and proc.pid=3"],
      ],
    );
  });

  it("may stand in a List, as kubectl prints them", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- ${manifest("o", { rules: [item("R")] }).replaceAll("\n", "\n  ")}`;
    assert.equal(rulesOf([text]).length, 1);
  });

  it("change rules of files before them", () => {
    const change = manifest("o", {
      rules: [{ rule: "R", condition: "and proc.pid=2", override: { condition: "append" } }],
    });
    const [found] = rulesOf([rule("R", "evt.type=execve"), change]);
    assert.equal(found?.identity.object, "a.yaml");
    assert.equal(found.conditionText, "evt.type=execve and proc.pid=2");
  });

  const refused: readonly { name: string; spec: object; want: RegExp }[] = [
    {
      name: "a mistake in a condition",
      spec: { rules: [item("R", "evt.type=opne")] },
      want: /^LOAD_ERR_COMPILE_CONDITION 9:27 unknown event type opne$/,
    },
    {
      name: "rules that are no list",
      spec: { rules: { a: 1 } },
      want: /^LOAD_ERR_YAML_VALIDATE 7:5 Value is not a sequence$/,
    },
    { name: "a rule that is no mapping", spec: { rules: ["a"] }, want: /Unexpected element type/ },
    {
      name: "a rule without a name",
      spec: { rules: [{ ...item("R"), rule: undefined }] },
      want: /Item has no mapping for key 'rule'/,
    },
    {
      name: "a newer engine",
      spec: { requires: { engineVersion: "0.99.0" } },
      want: /^LOAD_ERR_VALIDATE .*Rules require engine version 0\.99\.0/,
    },
    {
      name: "a plugin that is not there",
      spec: { requires: { plugins: [{ name: "okta", version: "0.1.0" }] } },
      want: /Plugin requirement not satisfied/,
    },
    {
      name: "an operator of a selector that is none",
      spec: { selector: { podSelector: { matchExpressions: [{ key: "a", operator: "Is" }] } } },
      want: /Unknown operator 'Is'/,
    },
    {
      name: "a selector that is no mapping",
      spec: { selector: { podSelector: ["a"] } },
      want: /label selector must be a mapping/,
    },
  ];
  for (const { name, spec, want } of refused)
    it(`are refused for ${name}`, () => {
      const found = errors(load([manifest("o", spec)]).results[0]);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0]!, want);
    });

  it("without a spec are refused, unknown keys are told", () => {
    assert.match(
      errors(load(["apiVersion: tiercel.dev/v1alpha1\nkind: FalcoRule\n"]).results[0])[0] ?? "",
      /no mapping for key 'spec'/,
    );
    const result = load([manifest("o", { rulez: [] })]).results[0];
    assert.deepEqual(warnings(result), [
      "LOAD_UNKNOWN_KEY 6:3 Unknown key 'rulez'. The key will be ignored.",
    ]);
    assert.equal(result?.warnings[0]?.help, "did you mean rules?");
  });
});

describe("files that are not rules files yet", () => {
  it("that are templates are told to be rendered first", () => {
    const text = "- rule: R\n  condition: {{ .Values.condition }}\n  desc: d\n";
    assert.match(
      hints(load([text]).results[0]).join(),
      /^TIERCEL_TEMPLATE 2:14 '\{\{' is a mark of a template/,
    );
    assert.match(
      hints(load([rule("R", "evt.type=${CALL}")]).results[0]).join(),
      /^TIERCEL_TEMPLATE 3:23 '\$\{'/,
    );
  });

  it("and are valid are not suspected of being templates", () => {
    assert.deepEqual(hints(load([rule("R", 'evt.type=execve and proc.name="{{x}}"')]).results[0]), []);
  });
});

describe("a file with broken YAML", () => {
  const text = `- macro: m
  condition: evt.type=execve: x
${rule("Good", "evt.type=execve")}- rule: Unclosed
  desc: "d
  condition: evt.type=execve
${rule("Bad", "evt.type=opne")}${rule("Uses", "m and fd.nmu=1")}`;

  it("is told first, then what is wrong with the items that can be read", () => {
    assert.deepEqual(errors(load([text]).results[0]), [
      "LOAD_ERR_YAML_PARSE 2:14 yaml-cpp: error at line 2, column 14: illegal map value: a second `: ` on one line; quote the value if it is text",
      "LOAD_ERR_COMPILE_CONDITION 13:23 unknown event type opne",
      "LOAD_ERR_COMPILE_CONDITION 18:20 filter_check called with nonexistent field fd.nmu",
    ]);
  });
});
