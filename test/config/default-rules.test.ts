/** What every default rule must have, as text; test/system/default-rules.test.ts does what they are about. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { runTestFiles } from "../../agent/cli/rule-tests/run-files.ts";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { root } from "../support/reference.ts";

interface Item {
  readonly rule?: string;
  readonly desc?: string;
  readonly output?: string;
  readonly priority?: string;
  readonly tags?: readonly string[];
  readonly exceptions?: readonly { readonly name: string }[];
}

const file = `${root}config/rules/default.yaml`;
const text = readFileSync(file, "utf8");
const rules = (parse(text) as Item[]).filter(({ rule }) => rule !== undefined);

/** Tactics of ATT&CK for enterprise, as tags name them. */
const tactics = new Set(
  [
    ["initial_access", "execution", "persistence", "privilege_escalation", "defense_evasion"],
    ["credential_access", "discovery", "lateral_movement", "collection", "command_and_control"],
    ["exfiltration", "impact"],
  ].flatMap((names) => names.map((name) => `mitre_${name}`)),
);

describe("the default rules", () => {
  it("are at least 20, each with a name of its own", () => {
    const names = rules.map(({ rule }) => rule);
    assert.ok(names.length >= 20, `${names.length}`);
    assert.equal(new Set(names).size, names.length);
  });

  it("load without an error, a warning, or a hint but on metadata that come later", () => {
    const { plan, results } = compileRuleSet([{ name: file, text }], buildCatalogue());
    assert.equal(plan?.rules.length, rules.length);
    const [{ errors, warnings, hints }] = results as [(typeof results)[number]];
    assert.deepEqual([errors, warnings], [[], []]);
    assert.deepEqual(
      hints.filter(({ code }) => code !== "TIERCEL_NEVER_SET"),
      [],
    );
  });

  it("know package managers and the like by more than a name", () => {
    const { files, mistakes } = runTestFiles([`${root}test/config/known-programs.yaml`]);
    assert.deepEqual(mistakes.all, []);
    const outcomes = files.flatMap((each) => each.outcomes);
    assert.equal(outcomes.length, 8);
    assert.deepEqual(
      outcomes.filter(({ passed }) => !passed),
      [],
    );
  });

  it("never want all events", () => {
    const { plan } = compileRuleSet([{ name: file, text }], buildCatalogue());
    assert.deepEqual(
      plan?.rules.filter(({ events }) => events === "all").map(({ rule }) => rule),
      [],
    );
  });

  for (const { rule, desc = "", output = "", tags = [], exceptions = [] } of rules) {
    it(`${rule}: says what it means, where it belongs in ATT&CK, and lets users add exceptions`, () => {
      assert.ok(desc.length > 60, "desc");
      assert.match(output, /%proc\.cmdline/);
      assert.match(output, /%proc\.exepath/);
      assert.match(output, /%user\.name/);
      assert.ok(
        tags.some((tag) => tag === "host" || tag === "container"),
        "host or container",
      );
      assert.ok(
        tags.some((tag) => /^T1\d{3}(\.\d{3})?$/.test(tag)),
        "a technique",
      );
      const named = tags.filter((tag) => tag.startsWith("mitre_"));
      assert.ok(named.length > 0 && named.every((tag) => tactics.has(tag)), named.join());
      assert.ok(exceptions.length > 0, "exceptions");
    });
  }
});
