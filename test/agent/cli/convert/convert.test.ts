import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { parse, parseAllDocuments } from "yaml";
import { convertFile } from "../../../../agent/cli/convert/convert-file.ts";
import { yamlText } from "../../../../agent/cli/convert/yaml-text.ts";
import type { RulePlan } from "../../../../agent/rules/plan.ts";
import { golden } from "../../../support/golden.ts";
import { falcoRules } from "../../../support/reference.ts";
import { catalogue, errors, load, rule } from "../../../support/rules.ts";

/** Documents of a conversion that must succeed. */
function convert(text: string, name = "my_rules.yaml"): string {
  const { documents, refused } = convertFile(name, text, catalogue);
  assert.deepEqual(
    refused?.errors.map(({ message }) => message),
    undefined,
  );
  return documents.join("---\n");
}

/** Rules of a set without what names their file. */
function rules(texts: readonly string[]): Partial<RulePlan>[] {
  const { plan, results } = load(texts);
  assert.ok(plan !== undefined, results.flatMap(errors).join("\n"));
  return plan.rules.map((each) => {
    const { identity, conditionText, ...rest } = each;
    assert.ok(identity.rule === each.rule && conditionText !== "");
    return { ...rest, desc: each.desc.trim() };
  });
}

/** Both directions give the same set. */
function roundTrip(text: string, before: readonly string[] = []): void {
  const manifest = convert(text);
  const back = convert(manifest);
  assert.deepEqual(rules([...before, manifest]), rules([...before, text]));
  assert.deepEqual(rules([...before, back]), rules([...before, text]));
  assert.equal(convert(back), manifest);
}

const every = `- required_engine_version: 0.31.0
- required_engine_version: 0.50.0
- required_plugin_versions:
  - {name: json, version: 0.7.0, alternatives: [{name: jason, version: 0.1.0}]}
- list: ports
  items: [22, 0x50, 010, 1.0, yes, "on", "~", "a b", '"c d"', "12:30:45", 1e3]
- macro: a
  condition: fd.num=1
- macro: b
  condition: >
    fd.num=2
    or proc.name = "x  y"
- macro: a
  condition: fd.num=3 or b
- macro: b
  append: true
  condition: or fd.num=4
- list: ports
  override: {items: append}
  items: [80]
- rule: "No: a, # tricky [name]"
  desc: "* d"
  condition: evt.type=open and (a or b) and proc.name in (ports)
  output: "%proc.name # ' \\" é🚨"
  priority: info
  tags: [b, a, n, 1]
- rule: Second
  desc: d
  condition: evt.type=connect
  output: o
  priority: debug
  enabled: false
  warn_evttypes: false
  skip-if-unknown-filter: true
  capture: true
  capture_duration: 5000
  exceptions:
  - {name: e, fields: [proc.name, fd.sport], comps: [in, =], values: [[[a, b], 22]]}
  - {name: f, fields: fd.sip, values: [1.2.3.4]}
- rule: Second
  override: {enabled: replace, tags: append, exceptions: append}
  enabled: true
  tags: [late]
  exceptions: [{name: f, values: [5.6.7.8]}]
- rule: Audit
  desc: d
  condition: ka.verb=get
  output: o
  priority: debug
  source: k8s_audit
`;

describe("convert", () => {
  it("carries everything a rules file can say into a FalcoRule, and back", () => {
    roundTrip(every);
    golden("convert/every.manifest.yaml", convert(every));
    golden("convert/every.rules.yaml", convert(convert(every)));
  });

  it("keeps changes of rules that are elsewhere as changes, folded", () => {
    const stock = `- list: l\n  items: [open]\n- macro: m\n  condition: fd.num=1\n${rule("R", "evt.type in (l) and m", "  exceptions: [{name: e, fields: proc.name, values: [a]}]\n")}`;
    const own = `- list: l\n  append: true\n  items: [close]
- list: l
  append: true
  items: [dup]
- macro: m
  override: {condition: append}
  condition: or fd.num=2
- rule: R
  append: true
  condition: and proc.pid=1
  exceptions: [{name: e, values: [b]}]
- rule: R
  override: {condition: append, exceptions: append, output: replace}
  condition: and proc.pid=2
  output: new
  exceptions: [{name: e, values: [c]}, {name: f, fields: fd.num, values: [7]}]
- rule: R
  override: {output: append, tags: append}
  output: more
  tags: [x]
- rule: R
  enabled: true
`;
    roundTrip(own, [stock]);
    const [object] = parseAllDocuments(convert(own)).map(
      (each) => each.toJS() as { spec: { lists: unknown[]; rules: { override: unknown }[] } },
    );
    assert.deepEqual(object?.spec.lists, [
      { list: "l", items: ["close", "dup"], override: { items: "append" } },
    ]);
    assert.deepEqual(object.spec.rules[0]?.override, {
      condition: "append",
      exceptions: "append",
      output: "replace",
      tags: "append",
      enabled: "replace",
    });
  });

  it("round trips the public files", function () {
    const folder = falcoRules(this);
    for (const name of ["falco_rules", "falco-incubating_rules", "k8s_audit_rules"])
      roundTrip(readFileSync(`${folder}/falco-rules/${name}.yaml`, "utf8"));
  });

  it("finds rules where users keep them, and what comes out loads", function () {
    const folder = falcoRules(this);
    const stock = readFileSync(`${folder}/falco-rules/falco_rules.yaml`, "utf8");
    for (const number of ["05", "07", "09", "19", "24", "25", "26"]) {
      const name = readdirSync(`${folder}/user-rules`).find((each) => each.startsWith(`${number}-`))!;
      const converted = convert(readFileSync(`${folder}/user-rules/${name}`, "utf8"), name);
      const objects = converted.split("---\n").filter((text) => text.includes("kind: FalcoRule"));
      assert.ok(objects.length > 0, number);
      assert.deepEqual(load([stock, ...objects]).results.flatMap(errors), [], number);
    }
  });

  const wrapped = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "falco-rules" },
    data: { "one.yaml": rule("One", "evt.type=execve"), "two.yaml": rule("Two", "evt.type=execve") },
  };
  const values = { customRules: { "own.yaml": rule("Own", "evt.type=execve") } };
  const places: readonly [string, unknown, readonly string[]][] = [
    ["a ConfigMap", wrapped, ["one", "two"]],
    ["Helm values", values, ["own"]],
    ["values of a chart around Falco's", { falco: values }, ["own"]],
    [
      "a HelmRelease",
      { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease", spec: { values } },
      ["own"],
    ],
    [
      "an Application with values as an object",
      { kind: "Application", spec: { source: { helm: { valuesObject: values } } } },
      ["own"],
    ],
    [
      "an Application with values as a text",
      { kind: "Application", spec: { sources: [{ helm: { values: yamlText(values) } }] } },
      ["own"],
    ],
    ["a list of objects", { apiVersion: "v1", kind: "List", items: [wrapped] }, ["one", "two"]],
    [
      "an object with items in it",
      {
        kind: "Rulesfile",
        apiVersion: "x/v1",
        metadata: { name: "mine" },
        spec: { inlineRules: parse(rule("Own", "evt.type=execve")) as unknown },
      },
      ["mine"],
    ],
    [
      "an object with items nested under their kind",
      {
        kind: "Other",
        apiVersion: "x/v1",
        metadata: { name: "theirs" },
        spec: {
          rules: [
            {
              rule: {
                name: "N",
                desc: "d",
                condition: "evt.type=execve",
                output: "o",
                priority: "Info",
                source: "Syscall",
              },
            },
          ],
        },
      },
      ["theirs"],
    ],
  ];
  for (const [what, document, names] of places)
    it(`finds rules in ${what}`, () => {
      const objects = parseAllDocuments(convert(yamlText(document as Parameters<typeof yamlText>[0]))).map(
        (each) => each.toJS() as { kind: string; metadata: { name: string }; spec: { rules: unknown[] } },
      );
      assert.deepEqual(
        objects.map(({ kind, metadata, spec }) => [kind, metadata.name, spec.rules.length]),
        names.map((name) => ["FalcoRule", name, 1]),
      );
    });

  it("splits what plain kubectl apply could not take", () => {
    const many = Array.from({ length: 1200 }, (_, n) =>
      rule(`Rule ${n}`, `evt.type=execve and proc.pid=${n} and proc.name=${"x".repeat(200)}`),
    ).join("");
    const text = `- list: l\n  items: [a]\n- macro: m\n  condition: fd.num=1\n${many}`;
    const objects = convert(text).split("---\n");
    assert.ok(objects.length >= 3);
    for (const object of objects) {
      const value = parse(object) as { spec: { rules?: unknown[] } };
      assert.ok(JSON.stringify(value).length <= 200 << 10);
      assert.ok((value.spec.rules?.length ?? 0) <= 500);
    }
    assert.equal(rules(objects).length, 1200);
  });

  it("says what a rules file cannot hold", () => {
    const object = {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { name: "x" },
      spec: {
        sinks: ["s"],
        selector: { podSelector: { matchLabels: { a: "b" } } },
        rules: parse(rule("R", "evt.type=execve")) as unknown,
      },
    };
    const { remarks } = convertFile("x.yaml", yamlText(object as Parameters<typeof yamlText>[0]), catalogue);
    assert.deepEqual(remarks, [
      "x.yaml: FalcoRule x: sinks (s) has no counterpart in a rules file",
      "x.yaml: FalcoRule x: selector has no counterpart in a rules file",
    ]);
  });

  it("refuses mistakes, and says when there is nothing to do", () => {
    assert.equal(convertFile("a.yaml", "- rule: R\n  priority: HIGH\n", catalogue).refused?.errors.length, 4);
    assert.deepEqual(convertFile("a.yaml", "kind: Pod\napiVersion: v1\n", catalogue).remarks, [
      "a.yaml: nothing to convert was found in an object of kind Pod (v1)",
    ]);
    assert.equal(convertFile("a.yaml", "a: [", catalogue).refused?.errors[0]?.code, "LOAD_ERR_YAML_PARSE");
  });

  it("quotes what some YAML parser would turn into something else", () => {
    const words = [
      "n",
      "Yes",
      "on",
      "22",
      "0x10",
      "010",
      "1e3",
      "12:30",
      "2001-01-01",
      ".5",
      "-1",
      "+1",
      "~",
      "null",
      "=",
      "<<",
      "",
      " a",
      "a ",
      "a: b",
      "a #b",
      "- a",
      "[a",
      "*a",
      "&a",
      "!a",
      "%a",
      "@a",
      "`a",
      "'a",
      '"a',
      "a\nb",
      "a\n",
      "\ta",
      "é🚨",
      "\u0007",
      "true",
      ".inf",
      "0o17",
      "1_000",
      "a".repeat(150),
      `${"a ".repeat(80)}b`,
    ];
    for (const version of ["1.1", "1.2"] as const)
      for (const word of words)
        assert.deepEqual(
          parse(yamlText({ x: [word], y: word }), { version }),
          { x: [word], y: word },
          `${version} ${word}`,
        );
  });
});

describe("convert falco.yaml", () => {
  const falco = `# The user's own note.
rules_file: /etc/falco/rules.d
priority: notice # keep
json_output: true
plugins:
  - name: container
load_plugins: []
engine:
  kind: modern_ebpf
  modern_ebpf:
    buf_size_preset: 5
    cpus_for_each_buffer: 2
webserver:
  enabled: true
  threadiness: 0
  listen_port: 8765
grpc: {enabled: false}
http_output:
  enabled: true
  url: http://localhost:2801
no_such_key: 1
`;
  const { documents, remarks } = convertFile("falco.yaml", falco, catalogue);

  it("keeps what Tiercel has, comments too, and remarks on the rest", () => {
    golden("convert/tiercel.yaml", documents.join(""));
    golden("convert/tiercel.remarks.txt", `${remarks.join("\n")}\n`);
  });

  it("keeps the first of a repeated key, and takes each document for itself", () => {
    const text =
      "json_output: true\njson_output: false\nrules_file: a\nrules_files: [b]\n---\npriority: info\ngrpc: {}\n";
    const converted = convertFile("falco.yaml", text, catalogue);
    assert.deepEqual(converted.documents, [
      "json_output: true\nrules_files: a\nrule_matching: first\n",
      "priority: info\nrule_matching: first\n",
    ]);
    assert.deepEqual(
      converted.remarks.filter((remark) => !remark.includes("rule_matching")),
      [
        "falco.yaml:2: json_output is given twice: the first one was kept",
        "falco.yaml:3: rules_file is called rules_files now",
        "falco.yaml:4: rules_files is given twice: the first one was kept",
        "falco.yaml:7: grpc has no counterpart: Falco has removed it too; use http_output",
      ],
    );
  });

  it("asks for YAML that other parsers read", () => {
    const converted = convertFile("falco.yaml", 'json_output: "true"# yes\n', catalogue);
    assert.deepEqual(converted.documents, []);
    assert.match(converted.remarks.join(), /^falco\.yaml:1: to be mended first: Comments must be separated/);
  });

  it("gives settings that load", () => {
    assert.ok(!remarks.some((remark) => remark.includes("to be mended")), remarks.join("\n"));
    assert.match(documents[0] ?? "", /rule_matching: first/);
  });
});

describe("convert falcosidekick", () => {
  const values = `config:
  debug: true
  customfields: "a:b"
  slack:
    webhookurl: https://hooks.example.com/x
    channel: "#sec"
    minimumpriority: warning
    messageformat: ""
    outputformat: all
  webhook: {address: "http://in.example.com", customHeaders: "", minimumpriority: ""}
  alertmanager: {hostport: "http://a:9093, http://b:9093"}
  syslog: {host: logs.example.com, port: "514", protocol: tcp}
  elasticsearch: {hostport: "", index: falco}
  aws: {sns: {topicarn: ""}, region: eu-west-1}
webui: {enabled: true}
`;
  const { documents, remarks } = convertFile("values.yaml", values, catalogue, { namespace: "security" });

  it("makes sinks, credentials as references, and remarks on the rest", () => {
    golden("convert/sinks.yaml", documents.join("---\n"));
    golden("convert/sinks.remarks.txt", `${remarks.join("\n")}\n`);
  });

  it("prints no credential", () => {
    assert.ok(!(documents.join() + remarks.join()).includes("hooks.example.com"));
  });
});
