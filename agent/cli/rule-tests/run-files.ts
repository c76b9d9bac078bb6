/** From the paths of the command line to what became of the tests in them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildCatalogue } from "../../fields/index.ts";
import type { RulesFile } from "../../rules/compile.ts";
import { SourceFile } from "../../rules/files/source-text.ts";
import { isFolder, readRulesInput } from "../rules-input.ts";
import { Mistakes } from "./mistakes.ts";
import { looksLikeTests, readTestFile } from "./read-file.ts";
import type { FileOutcome } from "./report.ts";
import { runTests } from "./run.ts";

/** The files that paths name; of a folder those that look like test files, by name. */
function testFiles(paths: readonly string[]): RulesFile[] {
  return paths.flatMap((path) => {
    if (path === "-" || !isFolder(path)) return readRulesInput([path]);
    const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
    return readRulesInput(names.sort().map((name) => join(path, name))).filter(({ text }) =>
      looksLikeTests(text),
    );
  });
}

/** Reads all test files, then runs their tests; where a file has mistakes no test is run. */
export function runTestFiles(paths: readonly string[]): { files: FileOutcome[]; mistakes: Mistakes } {
  const catalogue = buildCatalogue();
  const mistakes = new Mistakes();
  const read = testFiles(paths).map((given) => {
    if (given.unreadable !== undefined) {
      mistakes.add({ file: new SourceFile(given.name, ""), at: 0, end: 0 }, given.unreadable);
      return { name: given.name, tests: [], rules: [] };
    }
    const file = readTestFile(given, catalogue, mistakes);
    const rules = file.files.flatMap(({ path, place }) => {
      const found = readRulesInput([path]);
      for (const { unreadable } of found) if (unreadable !== undefined) mistakes.add(place, unreadable);
      if (found.length === 0) mistakes.add(place, `there is no .yaml or .yml file in ${path}`);
      return found;
    });
    return { name: given.name, tests: file.tests, rules };
  });
  if (mistakes.all.length > 0) return { files: [], mistakes };
  const files = read.map(({ name, tests, rules }) => ({ name, outcomes: runTests(tests, rules, catalogue) }));
  return { files, mistakes };
}
