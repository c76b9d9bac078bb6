import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { LoadResult } from "../../../agent/rules/diagnostics/finding.ts";
import { falcoRules } from "../../support/reference.ts";
import { line, load } from "../../support/rules.ts";

/** How often each code occurs. */
function counts(codes: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const code of codes) found[code] = (found[code] ?? 0) + 1;
  return found;
}

interface Case {
  /** Number of the file; S, I and A are the public sets loaded before it; other texts stand for themselves. */
  readonly load: readonly string[];
  /** Patterns that the errors, in order, fit; absent: valid. */
  readonly errors?: readonly RegExp[];
  readonly warnings?: Record<string, number>;
  readonly hints?: readonly RegExp[];
}

const DEPRECATED = "LOAD_DEPRECATED_ITEM";
const notAList = /^LOAD_ERR_YAML_VALIDATE 1:1 Rules content is not yaml array of objects$/;
const inValues = (key: string) =>
  new RegExp(`^TIERCEL_RULES_ELSEWHERE .*there are rules at customRules\\."${key}"`);
const undefinedMacro = (name: string) => new RegExp(`^LOAD_ERR_VALIDATE .*Undefined macro '${name}'`);
const open = "- macro: inbound\n  condition: (evt.type=accept)\n";
const lists = "- list: run_as_root_image_list\n  items: []\n- list: allowed_namespaces\n  items: []\n";

const cases: readonly Case[] = [
  {
    load: ["S", "01"],
    errors: [/^LOAD_ERR_COMPILE_CONDITION 2:41 k8s\.pod\.label requires an argument/, /2:75/],
    warnings: { [DEPRECATED]: 2 },
  },
  { load: ["02"] },
  {
    load: ["03"],
    errors: [/^LOAD_ERR_VALIDATE .*must load one of: camwatch/],
    warnings: { LOAD_UNKNOWN_SOURCE: 1 },
  },
  { load: ["04"], hints: [/^TIERCEL_NEVER_TRUE .*fd\.directory has no value on execve/] },
  { load: ["05"], errors: [notAList], hints: [inValues("custom-rules.yaml")] },
  { load: ["S", "06"], errors: [notAList, undefinedMacro("inbound")], warnings: { [DEPRECATED]: 2 } },
  { load: ["S", "I", "06"], errors: [notAList, undefinedMacro("inbound")], warnings: { [DEPRECATED]: 2 } },
  { load: ["S", open, "06"], errors: [notAList], warnings: { [DEPRECATED]: 2 } },
  { load: ["S", "07"], errors: [notAList], hints: [inValues("restrict_tag.yaml")] },
  { load: ["07"], errors: [notAList, undefinedMacro("spawned_process")] },
  {
    load: ["08"],
    warnings: { [DEPRECATED]: 9, LOAD_UNUSED_MACRO: 2 },
    hints: [/^TIERCEL_PATTERN .*does not match \/etc\/passwd/],
  },
  { load: ["09"], errors: [notAList], warnings: { [DEPRECATED]: 5 } },
  { load: ["10"] },
  {
    load: ["S", "11"],
    errors: [notAList, /^LOAD_ERR_COMPILE_CONDITION 8:101 unexpected token after 'pingand'/],
  },
  { load: ["12"], hints: [/^TIERCEL_NEVER_PRESENT .*%fd\.rip is never there/] },
  { load: ["13"], warnings: { LOAD_UNKNOWN_SOURCE: 1, LOAD_UNUSED_MACRO: 1 } },
  { load: ["S", "14"] },
  {
    load: ["15"],
    warnings: { [DEPRECATED]: 1 },
    hints: [/^TIERCEL_NEVER_TRUE .*evt\.dir is </, /^TIERCEL_NEVER_TRUE .*never a host name/],
  },
  { load: ["S", "16"] },
  { load: ["16"], errors: [/^LOAD_ERR_VALIDATE .*no rule by that name already exists/] },
  { load: ["S", "17"], warnings: { [DEPRECATED]: 1 } },
  {
    load: ["17"],
    errors: [
      undefinedMacro("never_true"),
      undefinedMacro("spawned_process"),
      undefinedMacro("container"),
      undefinedMacro("shell_procs"),
      undefinedMacro("container_entrypoint"),
    ],
    warnings: { [DEPRECATED]: 1 },
  },
  {
    load: ["S", "19"],
    errors: [notAList],
    warnings: { [DEPRECATED]: 1 },
    hints: [/^TIERCEL_IGNORED_KEY 4:11 'enabled' has no effect/],
  },
  {
    load: ["S", "I", "20"],
    errors: [/^LOAD_ERR_VALIDATE 25:9 List uses 'append'/, /^LOAD_ERR_VALIDATE 30:9 List uses 'append'/],
    warnings: { [DEPRECATED]: 2 },
  },
  { load: ["S", "I", lists, "20"], warnings: { [DEPRECATED]: 2 } },
  { load: ["S", "21"] },
  {
    load: ["S", "22"],
    errors: [
      /^LOAD_ERR_YAML_VALIDATE 23:13 Invalid priority/,
      /^LOAD_ERR_YAML_VALIDATE 35:13 Invalid priority/,
      /^LOAD_ERR_YAML_VALIDATE 59:13 Invalid priority/,
      /^LOAD_ERR_VALIDATE 17:5 Undefined macro 'open'/,
      /^LOAD_ERR_COMPILE_CONDITION 55:47 expected a '\)' token/,
    ],
  },
  { load: ["S", "I", "23"], warnings: { [DEPRECATED]: 1 } },
  {
    load: ["S", "23"],
    errors: [undefinedMacro("user_known_metadata_access")],
    warnings: { [DEPRECATED]: 1 },
  },
  {
    load: ["S", "24"],
    errors: [notAList],
    warnings: { [DEPRECATED]: 1 },
    hints: [inValues("rules-priority.yaml"), inValues("detect-cat-in-container.yaml")],
  },
  { load: ["S", "25"], errors: [notAList], hints: [inValues("ci-runner-buildah.yaml")] },
  {
    load: ["26"],
    errors: [notAList],
    warnings: { [DEPRECATED]: 1 },
    hints: [/there are rules at spec\.rules/],
  },
];

describe("rule files that users wrote", () => {
  let folder: string;
  before(function () {
    folder = falcoRules(this);
  });

  const sets: Record<string, string> = {
    S: "falco_rules",
    I: "falco-incubating_rules",
    A: "k8s_audit_rules",
  };
  function text(name: string): string {
    const set = sets[name];
    if (set !== undefined) return readFileSync(`${folder}/falco-rules/${set}.yaml`, "utf8");
    if (!/^\d\d$/.test(name)) return name;
    const file = readdirSync(`${folder}/user-rules`).find((each) => each.startsWith(`${name}-`));
    return readFileSync(`${folder}/user-rules/${file}`, "utf8");
  }
  const last = (names: readonly string[]): LoadResult => load(names.map(text)).results.at(-1)!;

  for (const each of cases)
    it(`${each.load.map((name) => (name.length > 2 ? "…" : name)).join(" + ")} does what a right engine does`, () => {
      const result = last(each.load);
      const { errors = [], warnings = {}, hints = [] } = each;
      const found = result.errors.map(line);
      assert.equal(found.length, errors.length, found.join("\n"));
      for (const [index, pattern] of errors.entries()) assert.match(found[index]!, pattern);
      const own = result.warnings.filter(
        ({ repeated, code }) => repeated !== true && code !== "LOAD_UNUSED_LIST",
      );
      if (errors.length === 0) assert.deepEqual(counts(own.map(({ code }) => code)), warnings);
      else
        assert.deepEqual(
          counts(own.map(({ code }) => code).filter((code) => !code.includes("UNUSED"))),
          warnings,
        );
      for (const pattern of hints)
        assert.ok(
          result.hints.map(line).some((hint) => pattern.test(hint)),
          String(pattern),
        );
    });

  it("01 is offered the field in its present form", () => {
    assert.equal(last(["S", "01"]).errors[0]?.help, "did you mean k8s.pod.label[role]?");
  });
  it("01 loads once that is mended", () => {
    const mended = text("01").replace("label.role", "label[role]").replace("label.app", "label[app]");
    const result = load([text("S"), mended]).results.at(-1)!;
    assert.equal(result.successful, true);
    assert.deepEqual(counts(result.warnings.map(({ code }) => code)), { [DEPRECATED]: 2 });
  });
  it("03 without its requirement has a source nobody knows", () => {
    const result = load([text("03").replace(/- required_plugin_versions:[^]*?(?=- rule)/, "")]).results[0]!;
    assert.deepEqual(
      result.warnings.map(({ code }) => code),
      ["LOAD_UNKNOWN_SOURCE"],
    );
  });
  it("11 is told that a blank is missing", () => {
    assert.match(last(["S", "11"]).errors[1]?.help ?? "", /blank is missing: 'ping and'/);
  });
  it("14 keeps its names exactly", () => {
    const { plan } = load([text("S"), text("14")]);
    assert.ok(plan?.rules.some(({ rule }) => rule === "Shell в контейнере"));
    const selection = [{ action: "disable", rule: "Shell в*" }] as const;
    assert.ok(
      !load([text("S"), text("14")], { selection }).plan?.rules.some(
        ({ rule }) => rule === "Shell в контейнере",
      ),
    );
  });
  it("18 is refused as a whole, told about its keys, then about all the rest", () => {
    const result = last(["S", "18"]);
    assert.match(line(result.errors[0]!), notAList);
    assert.match(result.errors[0]?.help ?? "", /rules, macros and lists as its own keys/);
    assert.equal(result.errors.filter(({ message }) => message === "Invalid priority").length, 4);
    assert.ok(
      result.errors.some(
        ({ message, help }) =>
          message.startsWith("expected a valid check operator") && /not proc\.name in/.test(help ?? ""),
      ),
    );
  });
  it("20 has both lists named at once", () => {
    assert.deepEqual(
      last(["S", "I", "20"]).errors.map(({ help }) => /list '(\w+)'/.exec(help ?? "")?.[1]),
      ["run_as_root_image_list", "allowed_namespaces"],
    );
  });
  it("23 stays off", () => {
    const { plan } = load([text("S"), text("I"), text("23")]);
    assert.ok(!plan?.rules.some(({ rule }) => rule === "Contact cloud metadata service from container"));
  });
  it("26 is recognised by its kind", () => {
    assert.match(last(["26"]).errors[0]?.help ?? "", /an object of kind FalcoAuditRules/);
  });
});
