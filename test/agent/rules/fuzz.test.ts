import assert from "node:assert/strict";
import fc from "fast-check";
import { drawResult } from "../../../agent/rules/diagnostics/draw.ts";
import { loadResultsJson } from "../../../agent/rules/diagnostics/load-json.ts";
import { load, rule } from "../../support/rules.ts";

/** Loads, draws and prints, whatever the texts are; the places must lie in their files. */
function survive(texts: readonly string[]): void {
  const { plan, results } = load(texts);
  assert.equal(
    plan === undefined,
    results.some((result) => !result.successful),
  );
  for (const result of results) {
    assert.match(drawResult(result), /^[a-h]\.yaml: (Ok|Ok, with warnings|Invalid)\n/);
    for (const { place } of [...result.errors, ...result.warnings, ...result.hints])
      if (place !== undefined)
        assert.ok(place.at >= 0 && place.at <= place.end && place.end <= place.file.text.length + 1);
  }
  JSON.stringify(loadResultsJson(results));
}

const words = [
  "- rule: R\n",
  "- macro: m\n",
  "- list: l\n",
  "- rule: R",
  "  condition: ",
  "  condition: >\n    ",
  "evt.type=open",
  "proc.name in (l)",
  " and ",
  " or ",
  "not ",
  "m",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  ": ",
  "- ",
  "\n",
  "\n  ",
  "\n    ",
  "\t",
  "#",
  " # x",
  "'",
  '"',
  "|",
  ">",
  "&a ",
  "*a",
  "<<: *a\n",
  "---\n",
  "  desc: d\n",
  "  output: o %proc.name\n",
  "  output: '%'\n",
  "  priority: INFO\n",
  "  append: true\n",
  "  override: {condition: append}\n",
  "  items: [a, b]\n",
  "  exceptions: [{name: e, fields: proc.name, values: [x]}]\n",
  "  enabled: false\n",
  "  tags: [a]\n",
  "\ufeff",
  "é",
  "🚨",
  "\u0000",
  "\ud800",
  "%",
  "customRules:\n  a.yaml: |\n",
  "apiVersion: tiercel.dev/v1alpha1\nkind: FalcoRule\nspec:\n",
  "  rules:\n",
  "- required_engine_version: 31\n",
  "- required_plugin_versions: [{name: json, version: 0.1.0}]\n",
  "? ",
  "!!str ",
  "\r\n",
];

describe("compileRuleSet on anything", () => {
  it("gives findings and nothing else for random text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => survive([text])),
      { numRuns: 300 },
    );
  });

  it("gives findings and nothing else for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        survive([Buffer.from(bytes).toString("utf8")]),
      ),
      { numRuns: 300 },
    );
  });

  it("gives findings and nothing else for pieces of rules in any order", () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(""));
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), survive), { numRuns: 600 });
  });

  it("gives findings and nothing else for a good file with a stretch of it changed", () => {
    const good = `- list: l\n  items: [open, "a b"]\n- macro: m\n  condition: >\n    proc.name in (l)\n    and fd.num=1\n${rule("R", "evt.type in (l) and m", "  exceptions:\n  - name: e\n    fields: [proc.name, fd.name]\n    comps: [in, startswith]\n    values:\n    - [[a, b], /x]\n")}`;
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(12), fc.constantFrom(...words), (at, length, word) =>
        survive([good.slice(0, at) + word + good.slice(at + length)]),
      ),
      { numRuns: 600 },
    );
  });
});
