import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { defaultSettings } from "../../../../agent/cli/settings/check.ts";
import { falcoOnly } from "../../../../agent/cli/settings/falco.ts";
import { draw } from "../../../../agent/cli/settings/mistake.ts";
import { readSettings, type SettingsResult } from "../../../../agent/cli/settings/read.ts";
import type { Settings } from "../../../../agent/cli/settings/schema.ts";
import type { Strategy } from "../../../../agent/cli/settings/merge.ts";
import { root } from "../../../support/reference.ts";

interface Given {
  readonly file?: string;
  readonly sets?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly included?: readonly (readonly [text: string, strategy: Strategy])[];
}

function read({ file = "", sets = [], environment = {}, included = [] }: Given): SettingsResult {
  return readSettings({
    main: { name: "tiercel.yaml", text: file, isFile: true },
    included: included.map(([text, strategy], i) => ({
      source: { name: `extra-${i}.yaml`, text, isFile: true },
      strategy,
    })),
    overrides: sets,
    environment,
  });
}

function settings(given: Given): Settings {
  const result = read(given);
  assert.deepEqual(result.mistakes.map(draw), []);
  return result.settings!;
}

const drawn = (given: Given) => read(given).mistakes.map(draw);

describe("settings", () => {
  it("of the shipped file are the defaults, and the file names every key", () => {
    const text = readFileSync(`${root}config/tiercel.yaml`, "utf8");
    assert.deepEqual(settings({ file: text }), defaultSettings());
    const keys = (value: unknown, path = ""): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
        ? Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}${key}:`))
        : [path];
    for (const path of keys(defaultSettings()))
      assert.match(text, new RegExp(`^ *${path.split(":").at(-2)}:`, "m"), path);
    assert.deepEqual([...read({ file: text }).chosen], []);
  });

  it("have the defaults that differ from Falco's", () => {
    const d = defaultSettings();
    assert.equal(d.syslog_output.enabled, false);
    assert.equal(d.log_syslog, false);
    assert.equal(d.outputs_queue.capacity, 10_000);
    assert.deepEqual(d.rules_files, ["config/rules"]);
    assert.equal(d.rule_matching, "all");
    assert.equal(d.path_views, "both");
    assert.deepEqual(d.alerts, { rate: 100, burst: 1000 });
    assert.equal(d.webserver.listen_port, 8766);
    assert.equal(d.metrics.enabled, true);
    assert.deepEqual(d.append_output, [{ suggested_output: true }]);
  });

  it("cannot be changed once read", () => {
    assert.throws(() => ((settings({}).alerts as { rate: number }).rate = 1), TypeError);
    assert.throws(() => (settings({}).rules as unknown[]).push(1), TypeError);
  });

  const values: {
    name: string;
    given: Given;
    get: (s: Settings) => unknown;
    want: unknown;
  }[] = [
    {
      name: "a flag may be written as YAML 1.1 does",
      given: { file: "json_output: Yes" },
      get: (s) => s.json_output,
      want: true,
    },
    {
      name: "a quoted flag is a flag",
      given: { file: 'json_output: "true"' },
      get: (s) => s.json_output,
      want: true,
    },
    {
      name: "text may look like a number",
      given: { file: "slack_output: {channel: 007}" },
      get: (s) => s.slack_output.channel,
      want: "007",
    },
    {
      name: "text may look like a flag",
      given: { file: "static_fields: {debug: no}" },
      get: (s) => s.static_fields,
      want: { debug: "no" },
    },
    {
      name: "words in any case",
      given: { file: "priority: wArning" },
      get: (s) => s.priority,
      want: "Warning",
    },
    {
      name: "info is short for Informational",
      given: { file: "priority: info" },
      get: (s) => s.priority,
      want: "Informational",
    },
    {
      name: "one item alone is a list",
      given: { file: "rules_files: a.yaml" },
      get: (s) => s.rules_files,
      want: ["a.yaml"],
    },
    {
      name: "an empty value is the default",
      given: { file: "priority:\noutput_timeout: ~\nwebserver: {listen_port: null}" },
      get: (s) => [s.priority, s.output_timeout, s.webserver.listen_port],
      want: ["Debug", 2000, 8766],
    },
    {
      name: "an empty file is the defaults",
      given: { file: "# nothing\n" },
      get: (s) => s,
      want: defaultSettings(),
    },
    {
      name: "other keys of a group keep their defaults",
      given: { file: "file_output: {enabled: true}" },
      get: (s) => s.file_output,
      want: { enabled: true, filename: "./events.txt", keep_alive: false },
    },
    {
      name: "rules may select",
      given: { file: 'rules: [{disable: {rule: "*"}}, {enable: {tag: network}}]' },
      get: (s) => s.rules,
      want: [{ disable: { rule: "*" } }, { enable: { tag: "network" } }],
    },
    {
      name: "append_output in full",
      given: {
        file: "append_output: [{match: {source: syscall, tags: [a], rule: R}, extra_output: x, extra_fields: [evt.cpu, {k: v}]}]",
      },
      get: (s) => s.append_output,
      want: [
        {
          match: { source: "syscall", tags: ["a"], rule: "R" },
          extra_output: "x",
          extra_fields: ["evt.cpu", { k: "v" }],
        },
      ],
    },
    {
      name: "--set sets",
      given: { sets: ["stdout_output.enabled=true", "alerts.rate=2.5"] },
      get: (s) => s.alerts.rate,
      want: 2.5,
    },
    {
      name: "--set wins over files, the last over earlier ones",
      given: { file: "alerts: {burst: 5}", sets: ["alerts.burst=6", "alerts.burst=7"] },
      get: (s) => s.alerts.burst,
      want: 7,
    },
    {
      name: "--set adds to a list",
      given: { file: "rules_files: [a]", sets: ["rules_files[]=b"] },
      get: (s) => s.rules_files,
      want: ["a", "b"],
    },
    {
      name: "--set adds to a list's default",
      given: { sets: ["rules_files[]=b"] },
      get: (s) => s.rules_files,
      want: ["config/rules", "b"],
    },
    {
      name: "--set changes an element",
      given: { file: "rules_files: [a, b]", sets: ["rules_files[1]=c"] },
      get: (s) => s.rules_files,
      want: ["a", "c"],
    },
    {
      name: "--set makes elements with keys",
      given: { sets: ["rules[].disable.rule=foo", "rules[].enable.tag=t"] },
      get: (s) => s.rules,
      want: [{ disable: { rule: "foo" } }, { enable: { tag: "t" } }],
    },
    {
      name: "--set reads JSON",
      given: { sets: ['append_output[]={"extra_output": "%evt.type", "match": {"source": "syscall"}}'] },
      get: (s) => s.append_output,
      want: [{ suggested_output: true }, { extra_output: "%evt.type", match: { source: "syscall" } }],
    },
    {
      name: "--set with escaped characters in the key",
      given: { sets: ["static_fields.a\\.b\\=c=d=e"] },
      get: (s) => s.static_fields,
      want: { "a.b=c": "d=e" },
    },
    {
      name: "--set to empty text",
      given: { file: "file_output: {filename: a}", sets: ["file_output.filename="] },
      get: (s) => s.file_output.filename,
      want: "",
    },
    {
      name: "--set puts no environment in",
      given: { sets: ["static_fields.a=${A}"], environment: { A: "1" } },
      get: (s) => s.static_fields,
      want: { a: "${A}" },
    },
    {
      name: "environment before typing",
      given: {
        file: "json_output: ${J}\nstatic_fields:\n  a: x${A}y${A}\n  b: $${A}\n  c: $A\n  d: '${A}'",
        environment: { J: "true", A: "1" },
      },
      get: (s) => [s.json_output, s.static_fields],
      want: [true, { a: "x1y1", b: "${A}", c: "$A", d: "1" }],
    },
    {
      name: "environment once only",
      given: { file: "static_fields: {a: '${A}'}", environment: { A: "${B}", B: "2" } },
      get: (s) => s.static_fields,
      want: { a: "${B}" },
    },
    {
      name: "an unset variable is empty text, or the default of what is no text",
      given: { file: "static_fields: {a: '${A}'}\njson_include_tags_property: ${A}" },
      get: (s) => [s.static_fields, s.json_include_tags_property],
      want: [{ a: "" }, true],
    },
    {
      name: "a value of the environment cannot bring YAML in",
      given: { file: "static_fields: {a: '${A}'}", environment: { A: "1}\njson_output: true" } },
      get: (s) => [s.static_fields["a"], s.json_output],
      want: ["1}\njson_output: true", false],
    },
    {
      name: "included files append",
      given: {
        file: "rules_files: [a]\npriority: error",
        included: [["rules_files: [b]\npriority: debug", "append"]],
      },
      get: (s) => [s.rules_files, s.priority],
      want: [["a", "b"], "Debug"],
    },
    {
      name: "included files override",
      given: {
        file: "rules_files: [a]\nalerts: {rate: 1}",
        included: [["rules_files: [b]\nalerts: {burst: 3}", "override"]],
      },
      get: (s) => [s.rules_files, s.alerts],
      want: [["b"], { rate: 100, burst: 3 }],
    },
    {
      name: "included files add only",
      given: { file: "rules_files: [a]", included: [["rules_files: [b]\njson_output: true", "add-only"]] },
      get: (s) => [s.rules_files, s.json_output],
      want: [["a"], true],
    },
    {
      name: "rules_file is the old name",
      given: { file: "rules_file: x.yaml" },
      get: (s) => s.rules_files,
      want: ["x.yaml"],
    },
  ];
  for (const { name, given, get, want } of values)
    it(name, () => assert.deepEqual(get(settings(given)), want));

  const mistakes: { name: string; given: Given; want: readonly (string | RegExp)[] }[] = [
    {
      name: "an unknown key has its place and a suggestion",
      given: { file: "json_output: true\nstdout_output:\n  enabeld: true\n" },
      want: [
        "tiercel.yaml:3:3: there is no setting stdout_output.enabeld, did you mean stdout_output.enabled? [SETTINGS_UNKNOWN_KEY]\n      enabeld: true\n      ^^^^^^^",
      ],
    },
    {
      name: "names that every JavaScript object has",
      given: { file: "constructor: 1\n__proto__: {a: b}\ntoString:\npriority: constructor" },
      want: [
        /:1:1: there is no setting constructor/,
        /:2:1: there is no setting __proto__/,
        /:3:1: there is no setting toString/,
        /:4:11: priority must be one of/,
      ],
    },
    {
      name: "a key at the wrong level is looked for elsewhere",
      given: { file: "webhook_url: x" },
      want: [/did you mean slack_output\.webhook_url\?/],
    },
    {
      name: "a setting that only Falco has says so",
      given: { file: "engine: {kind: kmod}" },
      want: [/tiercel\.yaml:1:10: engine\.kind is a setting of Falco's without a counterpart here/],
    },
    {
      name: "all mistakes at once, in the order of the file",
      given: {
        file: "json_output: maybe\npriorty: x\noutput_timeout: 0\nalerts: {rate: fast}\nrule_matching: fist\n",
        sets: ["nothing=1"],
      },
      want: [
        /:1:14: json_output must be true or false, not "maybe"/,
        /:2:1: there is no setting priorty, did you mean priority\?/,
        /:3:17: output_timeout must be at least 1, not 0/,
        /:4:16: alerts\.rate must be a number, not "fast"/,
        /:5:16: rule_matching must be one of all, first, not "fist", did you mean first\?/,
        /--set nothing: there is no setting nothing/,
      ],
    },
    {
      name: "columns are counted in characters",
      given: { file: "static_fields: {ü𝄞: {a: b}}" },
      want: [/tiercel\.yaml:1:21: static_fields\.ü𝄞 must be text/],
    },
    {
      name: "a list where keys are wanted",
      given: { file: "stdout_output: [a]" },
      want: [/:1:16: stdout_output must be keys \(enabled\)/],
    },
    {
      name: "text where keys are wanted",
      given: { file: "stdout_output: true" },
      want: [/:1:16: stdout_output must be keys \(enabled\), not "true"/],
    },
    {
      name: "the file must be a mapping",
      given: { file: "- a" },
      want: [/:1:1: settings are keys with values/],
    },
    { name: "broken YAML has its place", given: { file: "a: b: c" }, want: [/tiercel\.yaml:1:\d+: YAML: /] },
    {
      name: "a key given twice",
      given: { file: "priority: error\npriority: debug" },
      want: [/tiercel\.yaml:2:1: YAML: Map keys must be unique/],
    },
    {
      name: "two selections in one step",
      given: { file: "rules: [{disable: {tag: a}, enable: {tag: b}}]" },
      want: [/rules\[0\] must have exactly one of the keys disable, enable/],
    },
    {
      name: "an unknown strategy",
      given: { file: "config_files: [{path: a, strategy: apend}]" },
      want: [
        /config_files\[0\]\.strategy must be one of append, override, add-only, not "apend", did you mean append\?/,
      ],
    },
    {
      name: "config_files in an included file",
      given: { included: [["config_files: [x]", "append"]] },
      want: [/extra-0\.yaml:1:1: a file that config_files names cannot/],
    },
    {
      name: "a mistake in an included file is placed there",
      given: { included: [["\npriority: loud", "append"]] },
      want: [/extra-0\.yaml:2:11: priority must be one of/],
    },
    {
      name: "no output at all",
      given: { file: "stdout_output: {enabled: false}" },
      want: [/:1:26: no output is enabled/],
    },
    {
      name: "file output without a name",
      given: { file: "file_output: {enabled: true, filename: ''}" },
      want: [/file_output\.filename is empty/],
    },
    {
      name: "program output without a program",
      given: { sets: ["program_output.enabled=true"] },
      want: [
        /--set program_output\.enabled: program_output is enabled, but program_output\.program is empty/,
      ],
    },
    {
      name: "HTTP output without a URL",
      given: { file: "http_output: {enabled: on}" },
      want: [/http_output\.url is empty/],
    },
    {
      name: "Slack output without a webhook",
      given: { file: "slack_output: {enabled: on}" },
      want: [/slack_output\.webhook_url is empty/],
    },
    {
      name: "ignore beside log",
      given: { file: "syscall_event_drops: {actions: [ignore, log]}" },
      want: [/log makes no sense with ignore/],
    },
    {
      name: "a threshold beyond 1",
      given: { file: "syscall_event_drops: {threshold: 1.5}" },
      want: [/threshold must be at most 1, not 1.5/],
    },
    {
      name: "a listen address that is a name",
      given: { file: "webserver: {listen_address: localhost}" },
      want: [/must be an IP address/],
    },
    {
      name: "both names of the rules files",
      given: { file: "rules_file: a\nrules_files: [b]" },
      want: [/both rules_files and rules_file/],
    },
    {
      name: "--set without a value",
      given: { sets: ["json_output"] },
      want: [/--set json_output: a value is missing/],
    },
    {
      name: "--set with a backslash that escapes nothing",
      given: { sets: ["static_fields.a\\q=1"] },
      want: [/escapes nothing/],
    },
    {
      name: "--set with a trailing backslash",
      given: { sets: ["static_fields.a\\"] },
      want: [/a value is missing/],
    },
    {
      name: "--set beyond the end of a list",
      given: { file: "rules_files: [a]", sets: ["rules_files[5]=x"] },
      want: [/has 1 elements, so there is no \[5\]/],
    },
    {
      name: "--set with broken JSON",
      given: { sets: ["rules[]={"] },
      want: [/begins like JSON but is none/],
    },
    { name: "--set with an empty part", given: { sets: ["a..b=1"] }, want: [/empty part/] },
    {
      name: "--set into a flag",
      given: { sets: ["json_output[]=1"] },
      want: [/json_output must be true or false/],
    },
    {
      name: "--set typed by the schema",
      given: { sets: ["json_output=maybe"] },
      want: [/--set json_output: json_output must be true or false, not "maybe"/],
    },
  ];
  for (const { name, given, want } of mistakes)
    it(`refuse: ${name}`, () => {
      const got = drawn(given);
      assert.equal(got.length, want.length, got.join("\n"));
      for (const [i, expected] of want.entries())
        if (typeof expected === "string") assert.equal(got[i], expected);
        else assert.match(got[i]!, expected);
    });

  it("never print a credential", () => {
    const given = { file: "slack_output:\n  enabled: true\n  webhook_url: ftp://hooks/SECRET\n" };
    const [text] = drawn(given);
    assert.match(text!, /tiercel\.yaml:3:16: slack_output\.webhook_url must begin with/);
    assert.doesNotMatch(text!, /SECRET/);
    const set = drawn({ sets: ["slack_output.enabled=true", "slack_output.webhook_url=SECRET"] });
    assert.doesNotMatch(set.join(), /SECRET/);
    assert.doesNotMatch(drawn({ file: "slack_output: {webhook_url: [SECRET]}" }).join(), /SECRET/);
  });

  it("warn about a variable that is not set", () => {
    assert.match(
      draw(read({ file: "static_fields: {a: '${A}'}" }).warnings[0]!),
      /:1:20: the environment variable A is not set/,
    );
  });

  it("know what was chosen", () => {
    const { chosen } = read({
      file: "webserver: {listen_port: 8766}\npriority: error",
      sets: ["json_output=false"],
    });
    assert.deepEqual([...chosen].sort(), ["json_output", "priority"]);
    assert.ok(read({ sets: ["webserver.listen_port=8766"] }).chosen.has("webserver.listen_port"));
    assert.ok(read({ file: "webserver: {listen_port: 9}" }).chosen.has("webserver.listen_port"));
  });

  it("bound aliases that multiply", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    const start = performance.now();
    assert.match(drawn({ file: lines.join("\n") }).join(), /more than 20000 values/);
    assert.ok(performance.now() - start < 2000);
    assert.match(drawn({ file: `a: ${"[".repeat(50_000)}` }).join(), /YAML|nested/);
    assert.match(drawn({ file: "a: &a [*a]" }).join(), /nested more than 64 deep/);
  });

  it("name each setting that only Falco has once, and none that is here", () => {
    for (const path of Object.keys(falcoOnly)) {
      const [text] = drawn({ sets: [`${path}=1`] });
      assert.match(text!, /setting of Falco's/, path);
    }
  });
});
