import assert from "node:assert/strict";
import { allErrors, errors, hints, load, rule, warnings } from "../../../support/rules.ts";

const E = "LOAD_ERR_YAML_VALIDATE";
const V = "LOAD_ERR_VALIDATE";
const ok = rule("R", "evt.type=open");

describe("items of a rules file", () => {
  const refused: readonly { name: string; text: string; want: readonly string[] }[] = [
    { name: "a scalar document", text: "hello", want: [`${E} 1:1 Rules content is not yaml`] },
    {
      name: "a mapping document",
      text: "a: 1",
      want: [`${E} 1:1 Rules content is not yaml array of objects`],
    },
    {
      name: "an item that is no mapping",
      text: "- x",
      want: [`${E} 1:3 Unexpected element type. Each element should be a yaml associative array.`],
    },
    {
      name: "all of several wrong items",
      text: "- x\n- [y]\n- list: l\n",
      want: [
        `${E} 1:3 Unexpected element type. Each element should be a yaml associative array.`,
        `${E} 2:3 Unexpected element type. Each element should be a yaml associative array.`,
        `${E} 3:3 Item has no mapping for key 'items'`,
      ],
    },
    {
      name: "a list without a name",
      text: "- list:\n  items: [a]",
      want: [`${E} 1:8 Mapping for key 'list' is empty`],
    },
    {
      name: "a macro without a name",
      text: "- macro:\n  condition: evt.num=0",
      want: [`${E} 1:9 Mapping for key 'macro' is empty`],
    },
    {
      name: "a rule without a name",
      text: '- rule: ""\n  condition: evt.num=0\n  desc: d\n  output: o\n  priority: INFO',
      want: [`${E} 1:9 Value must be non-empty`],
    },
    {
      name: "a name that is a list",
      text: "- list: [a]\n  items: [b]",
      want: [`${E} 1:9 Value is not a scalar value`],
    },
    {
      name: "items that are no list",
      text: "- list: l\n  items: a",
      want: [`${E} 2:10 Value is not a sequence`],
    },
    { name: "items with nothing", text: "- list: l\n  items:\n", want: [`${E} 2:9 Value is not a sequence`] },
    {
      name: "an item that is a mapping",
      text: "- list: l\n  items: [a, {b: c}]",
      want: [`${E} 2:14 sequence value is not scalar`],
    },
    {
      name: "an item that is null",
      text: "- list: l\n  items: [a, ~]",
      want: [`${E} 2:14 sequence value is not scalar`],
    },
    {
      name: "tags with nothing",
      text: rule("R", "evt.type=open", "  tags:\n"),
      want: [`${E} 6:8 Value is not a sequence`],
    },
    {
      name: "a rule without output",
      text: "- rule: R\n  desc: d\n  condition: evt.type=open\n  priority: INFO",
      want: [`${E} 1:3 Item has no mapping for key 'output'`],
    },
    {
      name: "a rule that lacks all but one, in Falco's order",
      text: "- rule: R\n  priority: INFO",
      want: [
        `${E} 1:3 Item has no mapping for key 'condition'`,
        `${E} 1:3 Item has no mapping for key 'output'`,
        `${E} 1:3 Item has no mapping for key 'desc'`,
      ],
    },
    {
      name: "a priority that is none",
      text: "- rule: R\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: warn",
      want: [`${E} 5:13 Invalid priority`],
    },
    {
      name: "a bool that is none",
      text: rule("R", "evt.type=open", "  enabled: maybe\n"),
      want: [`${E} 6:12 Can't decode YAML scalar value`],
    },
    {
      name: "a duration that is no number",
      text: rule("R", "evt.type=open", "  capture: yes\n  capture_duration: 5s\n"),
      want: [`${E} 7:21 Can't decode YAML scalar value`],
    },
    {
      name: "an empty source in a full rule",
      text: rule("R", "evt.type=open", "  source:\n"),
      want: [`${E} 6:10 Mapping for key 'source' is empty`],
    },
    {
      name: "neither condition nor enabled",
      text: `${ok}- rule: R\n  tags: [a]\n`,
      want: [`${E} 6:3 Item has no mapping for key 'enabled'`],
    },
    {
      name: "exceptions alone",
      text: `${ok}- rule: R\n  exceptions: []\n`,
      want: [`${E} 6:3 Item has no mapping for key 'enabled'`],
    },
    {
      name: "enabled of an unknown rule",
      text: "- rule: R\n  enabled: false",
      want: [`${V} 1:9 Rule has 'enabled' key but no rule by that name already exists`],
    },
    {
      name: "an engine version in words",
      text: "- required_engine_version: abc",
      want: [
        `${E} 1:28 Unable to parse engine version 'abc' as a semver string. Expected "x.y.z" semver format.`,
      ],
    },
    {
      name: "an engine version of two numbers",
      text: "- required_engine_version: 0.57",
      want: [
        `${E} 1:28 Unable to parse engine version '0.57' as a semver string. Expected "x.y.z" semver format.`,
      ],
    },
    {
      name: "a newer engine version",
      text: "- required_engine_version: 0.64.0",
      want: [`${V} 1:28 Rules require engine version 0.64.0, but engine version is 0.63.0`],
    },
    {
      name: "a newer engine version as a number",
      text: "- required_engine_version: 64",
      want: [`${V} 1:28 Rules require engine version 0.64.0, but engine version is 0.63.0`],
    },
    {
      name: "a newer patch of the engine",
      text: "- required_engine_version: 0.63.1",
      want: [`${V} 1:28 Rules require engine version 0.63.1, but engine version is 0.63.0`],
    },
    {
      name: "another major engine version",
      text: "- required_engine_version: 1.0.0",
      want: [`${V} 1:28 Rules require engine version 1.0.0, but engine version is 0.63.0`],
    },
    {
      name: "plugin versions that are no list",
      text: "- required_plugin_versions: x",
      want: [`${E} 1:29 Value of required_plugin_versions must be a sequence`],
    },
    {
      name: "a plugin that is no mapping",
      text: "- required_plugin_versions: [x]",
      want: [`${E} 1:30 Plugin version must be a mapping`],
    },
    {
      name: "alternatives that are no list",
      text: "- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: x}]",
      want: [`${E} 1:30 Value of plugin version alternatives must be a sequence`],
    },
    {
      name: "an alternative that is no mapping",
      text: "- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: [x]}]",
      want: [`${E} 1:74 Plugin version alternative must be a mapping`],
    },
    {
      name: "a plugin version that is none",
      text: "- required_plugin_versions: [{name: json, version: x}]",
      want: [`${V} 1:30 Invalid required version 'x' for plugin 'json'`],
    },
    {
      name: "a plugin twice",
      text: "- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: [{name: json, version: 0.2.0}]}]",
      want: [`${V} 1:30 Defined multiple alternative version requirements for plugin 'json'`],
    },
    {
      name: "a plugin that is not loaded",
      text: "- required_plugin_versions: [{name: okta, version: 0.1.0, alternatives: [{name: github, version: 0.2.0}]}]",
      want: [
        `${V} 1:30 Plugin requirement not satisfied, must load one of: okta (>= 0.1.0), github (>= 0.2.0)`,
      ],
    },
    {
      name: "a plugin that is too old",
      text: "- required_plugin_versions: [{name: json, version: 0.99.0}]",
      want: [
        `${V} 1:30 Plugin 'json' version '0.7.4' is not compatible with required plugin version '0.99.0'`,
      ],
    },
  ];
  for (const { name, text, want } of refused)
    it(`are refused for ${name}`, () => assert.deepEqual(allErrors([text]), want));

  const accepted: readonly { name: string; text: string; want?: readonly string[] }[] = [
    { name: "nothing at all", text: "" },
    { name: "comments only", text: "# a\n# b\n" },
    { name: "null items", text: "- \n- ~\n" },
    { name: "the engine version as a number", text: "- required_engine_version: 31" },
    { name: "an engine version with junk behind", text: "- required_engine_version: 0.57.0-rc1" },
    {
      name: "a plugin among alternatives",
      text: "- required_plugin_versions: [{name: k8saudit, version: 0.7.0, alternatives: [{name: k8saudit-eks, version: 0.4.0}]}]",
    },
    {
      name: "an empty list",
      text: `- list: l\n  items: []\n${rule("R", "evt.type=open and proc.name in (l)")}`,
    },
    { name: "null exceptions", text: rule("R", "evt.type=open", "  exceptions:\n") },
    {
      name: "lenient bools, quoted too",
      text: rule("R", "evt.type=open", '  enabled: "Off"\n  warn_evttypes: n\n  capture: YES\n'),
    },
    { name: "priorities in any case", text: ok.replace("INFO", "wArNiNg") },
    { name: "an unknown item", text: "- rules: x", want: ["LOAD_UNKNOWN_ITEM 1:3 Unknown top level item"] },
    {
      name: "an unknown key",
      text: rule("R", "evt.type=open", "  tag: [x]\n"),
      want: ["LOAD_UNKNOWN_KEY 6:3 Unknown key 'tag'. The key will be ignored."],
    },
    {
      name: "rule as a key of a macro",
      text: "- macro: m\n  rule: r\n  condition: evt.num=0\n",
      want: [
        "LOAD_UNKNOWN_KEY 2:3 Unknown key 'rule'. The key will be ignored.",
        "LOAD_UNUSED_MACRO 1:10 Macro not referred to by any other rule/macro",
      ],
    },
    {
      name: "names that no condition can spell",
      text: "- macro: 1m\n  condition: evt.num=0\n- list: a b\n  items: []\n",
      want: [
        "LOAD_INVALID_MACRO_NAME 1:10 Macro has an invalid name. Macro names should match a regular expression: [a-zA-Z]+[a-zA-Z0-9_]*",
        `LOAD_INVALID_LIST_NAME 3:9 List has an invalid name. List names should match a regular expression: [^()"'[:space:]=,]+`,
        "LOAD_UNUSED_MACRO 1:10 Macro not referred to by any other rule/macro",
        "LOAD_UNUSED_LIST 3:9 List not referred to by any other rule/macro",
      ],
    },
    {
      name: "a rule of an unknown source, its condition unread",
      text: rule("R", "((", "  source: okta\n"),
      want: ["LOAD_UNKNOWN_SOURCE 1:9 Unknown source okta, skipping"],
    },
    {
      name: "exceptions of a rule of an unknown source, unread",
      text: rule("R", "((", "  source: okta\n  exceptions: [{name: e, fields: [no.such], comps: [bad]}]\n"),
      want: ["LOAD_UNKNOWN_SOURCE 1:9 Unknown source okta, skipping"],
    },
    {
      name: "a merge key, which is not followed",
      text: `- &b {enabled: false}\n${ok}  <<: *b\n`,
      want: [
        "LOAD_UNKNOWN_ITEM 1:6 Unknown top level item",
        "LOAD_UNKNOWN_KEY 7:3 Unknown key '<<'. The key will be ignored.",
      ],
    },
    { name: "rule names with all kinds of characters", text: rule("'^a.*[b] (c) ñ 🚨'", "evt.type=open") },
  ];
  for (const { name, text, want = [] } of accepted)
    it(`are accepted: ${name}`, () => {
      const result = load([text]).results[0];
      assert.deepEqual(errors(result), []);
      assert.deepEqual(warnings(result), want);
    });

  it("offer what was probably meant", () => {
    const result = load([`${rule("R", "evt.type=open", "  tag: [x]\n  severity: high\n")}- marco: m\n`])
      .results[0];
    assert.deepEqual(
      result?.warnings.map(({ help }) => help),
      ["did you mean tags?", "did you mean priority?", "did you mean macro?"],
    );
  });

  it("say which keys a form of item does not look at", () => {
    const text = `${ok}- rule: R\n  enabled: true\n  exceptions: [{name: e, fields: proc.name, values: [a]}]\n`;
    assert.deepEqual(hints(load([text.replace("evt.type=open", "evt.type=execve")]).results[0]), [
      "TIERCEL_IGNORED_KEY 8:3 'exceptions' has no effect in an item that only switches a rule on or off; use 'override'",
    ]);
  });

  it("are told apart by Falco's chain of places", () => {
    const result = load([rule("R", "evt.type=open", "  tags: [[a]]\n")]).results[0];
    assert.deepEqual(
      result?.errors[0]?.chain.map(({ type, name }) => `${type} ${name}`),
      ["rules content ", "rule R", "value for tags", "list item "],
    );
  });
});

describe("the schema", () => {
  const valid = (text: string) => load([text]).results[0]?.schemaWarnings;
  it("takes what Falco's takes", () => assert.deepEqual(valid(ok.replace("INFO", "WARNING")), []));
  it("wants priorities in capitals, though they load otherwise", () => {
    assert.match(valid(ok.replace("INFO", "Warning"))?.[0] ?? "", /^failed for <root>\[0\]\.priority/);
  });
  it("wants a name for exceptions and knows the keys", () => {
    const text = rule("R", "evt.type=open", "  exceptions: [{fields: proc.name, vals: [x]}]\n  foo: 1\n");
    assert.deepEqual(valid(text), [
      "failed for <root>[0].exceptions[0]: unknown key 'vals'",
      "failed for <root>[0].exceptions[0]: missing key 'name'",
      "failed for <root>[0]: unknown key 'foo'",
    ]);
  });
});
