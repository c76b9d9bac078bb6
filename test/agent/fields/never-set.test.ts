/** No public rules file and no user's file names a field that is never set, or a call that is not captured. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { buildCatalogue } from "../../../agent/fields/index.ts";
import { compileRuleSet } from "../../../agent/rules/compile.ts";
import { falcoRules } from "../../support/reference.ts";

/** What is said of a file on top of the public ones that it may build on. */
function hints(texts: readonly (readonly [name: string, text: string])[]): string[] {
  const { results } = compileRuleSet(
    texts.map(([name, text]) => ({ name, text })),
    buildCatalogue(),
  );
  return results.flatMap((result) => result.hints.map(({ code, message }) => `${code} ${message}`));
}
const unmet = (texts: readonly (readonly [string, string])[]) =>
  hints(texts).filter((hint) => /^TIERCEL_(NEVER_SET|NOT_CAPTURED) /.test(hint));

describe("the table of fields that are never set", () => {
  it("has none that a public file or a user's file uses", function () {
    const folder = falcoRules(this);
    const files = ["falco-rules", "user-rules"].flatMap((name) =>
      readdirSync(`${folder}/${name}`)
        .filter((file) => file.endsWith(".yaml"))
        .map((file) => [file, readFileSync(`${folder}/${name}/${file}`, "utf8")] as const),
    );
    const stable = files.find(([name]) => name === "falco_rules.yaml")!;
    assert.ok(files.length >= 29);
    for (const file of files) {
      assert.deepEqual(unmet([file]), [], file[0]);
      assert.deepEqual(unmet([stable, file]), [], file[0]);
    }
  });

  it("is told of where a rule uses one", () => {
    const rule = (condition: string) =>
      `- rule: r\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: INFO\n`;
    assert.match(
      unmet([["a", rule("evt.type=openat and thread.cpu > 1")]]).join(),
      /NEVER_SET .*thread\.cpu/,
    );
    assert.match(unmet([["a", rule("evt.type=poll")]]).join(), /NOT_CAPTURED .*poll/);
  });
});
