/** Every field's example is a condition (or, of fields that are for outputs only, a token) that the language takes. */
import assert from "node:assert/strict";
import { checkCondition } from "../../../agent/rules/condition/check.ts";
import { compileCondition } from "../../../agent/rules/condition/compile.ts";
import { parseCondition } from "../../../agent/rules/condition/parser.ts";
import { parseOutput } from "../../../agent/rules/output/parse.ts";
import { syscallReaders } from "../../../agent/fields/index.ts";
import { catalogue, context } from "./fixture.ts";

describe("examples of fields", () => {
  for (const source of catalogue.sources.values())
    it(`are understood in ${source.name}, and none warns but of deprecation`, () => {
      const wrong: string[] = [];
      for (const { name, example, printOnly } of source.fields) {
        try {
          if (printOnly === true) parseOutput(example!, source);
          else {
            const { typed, warnings } = checkCondition(parseCondition(example!), source, catalogue);
            const real = warnings.filter(
              ({ code }) => code !== "TIERCEL_NEVER_SET" && code !== "LOAD_DEPRECATED_ITEM",
            );
            if (real.length > 0) wrong.push(`${name}: ${JSON.stringify(real)}`);
            if (source.name === "syscall")
              compileCondition(typed, syscallReaders)(context({ event: "openat" }));
          }
        } catch (error) {
          wrong.push(`${name}: ${example}: ${String(error)}`);
        }
      }
      assert.deepEqual(wrong, []);
    });
});
