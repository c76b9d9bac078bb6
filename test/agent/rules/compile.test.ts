import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { buildCatalogue } from "../../../agent/fields/index.ts";
import { compileRuleSet } from "../../../agent/rules/compile.ts";
import { falcoRules } from "../../support/reference.ts";

const catalogue = buildCatalogue();

describe("compileRuleSet on public rule files", function () {
  const names = ["falco_rules", "falco-incubating_rules", "k8s_audit_rules"];
  const read = (folder: string, name: string) => ({
    name: `${name}.yaml`,
    text: readFileSync(`${folder}/falco-rules/${name}.yaml`, "utf8"),
  });
  const findings = (files: { name: string; text: string }[]) =>
    compileRuleSet(files, catalogue).results.flatMap(({ errors, warnings }) =>
      [...errors, ...warnings].map(({ code, message }) => `${code} ${message}`),
    );

  for (const name of names)
    it(`loads ${name} alone without error or warning`, function () {
      assert.deepEqual(findings([read(falcoRules(this), name)]), []);
    });

  it("loads all of them together without error or warning", function () {
    const folder = falcoRules(this);
    const files = names.map((name) => read(folder, name));
    assert.deepEqual(findings(files), []);
    assert.ok((compileRuleSet(files, catalogue).plan?.rules.length ?? 0) > 80);
  });
});
