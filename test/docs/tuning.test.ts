/** Settings, values and metrics that docs/tuning.md names must be there, and its examples must load. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { readSettings } from "../../agent/cli/settings/read.ts";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { unknownMetrics, unknownNames, valuePaths } from "../support/known-names.ts";
import { root } from "../support/reference.ts";

describe("docs/tuning.md", () => {
  const page = readFileSync(`${root}docs/tuning.md`, "utf8");
  const examples = [...page.matchAll(/^```yaml\n# (.+)\n([^]*?)^```/gm)].map(([, name, text]) => ({
    name: name!,
    text: text!,
  }));

  it("names settings, values and metrics that there are", () => {
    assert.deepEqual(unknownNames(page), []);
    assert.deepEqual(unknownMetrics(page), []);
  });

  it("has rules that load behind the default ones, without a warning", () => {
    const name = `${root}config/rules/default.yaml`;
    const rules = examples.filter(({ name }) => !name.startsWith("values.yaml"));
    assert.equal(rules.length, 3);
    for (const example of rules) {
      const { results } = compileRuleSet(
        [{ name, text: readFileSync(name, "utf8") }, example],
        buildCatalogue(),
      );
      const [, { errors, warnings, hints }] = results as [unknown, (typeof results)[number]];
      const own = hints.filter(({ code }) => code !== "TIERCEL_NEVER_SET");
      assert.deepEqual([errors, warnings, own], [[], [], []], example.name);
    }
  });

  it("has settings that are settings and values of the chart alike", () => {
    const [example, ...more] = examples.filter(({ name }) => name.startsWith("values.yaml"));
    assert.deepEqual(more, []);
    const { name, text } = example!;
    const { mistakes } = readSettings({
      main: { name, text, isFile: true },
      included: [],
      overrides: [],
      environment: {},
    });
    assert.deepEqual(mistakes, []);
    for (const key of Object.keys(parse(text) as object)) assert.ok(valuePaths.has(key), key);
  });
});
