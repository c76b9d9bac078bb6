/** Entry of the thread that compiles rules: files in, plan out, then it ends. */
import { parentPort, workerData } from "node:worker_threads";
import { buildCatalogue } from "../../fields/index.ts";
import { compileRuleSet } from "../../rules/compile.ts";
import type { Finding, LoadResult } from "../../rules/diagnostics/finding.ts";
import { notCaptured } from "./not-captured.ts";
import { readRuleFiles } from "./rule-files.ts";
import type { RulesThreadAnswer, RulesThreadData } from "./rules-messages.ts";

const line = (name: string, { message, code }: Finding) => `${name}: ${message} [${code}]`;

function describe({ name, errors, warnings }: LoadResult) {
  return {
    errors: errors.map((finding) => line(name, finding)),
    warnings: warnings.filter(({ repeated }) => repeated !== true).map((finding) => line(name, finding)),
  };
}

function answer({ paths, skipMissing, options }: RulesThreadData): RulesThreadAnswer {
  const { files, mistakes } = readRuleFiles(paths, skipMissing);
  const names = files.map(({ name }) => name);
  const refuse = (text: string) => ({ plan: undefined, files: names, mistakes: text, warnings: [] });
  if (mistakes.length > 0) return refuse(mistakes.join("\n"));
  if (files.length === 0)
    return refuse(
      `there are no rules: no .yaml or .yml file in ${paths.join(", ")}; name rules with --rules PATH or in the setting rules_files`,
    );
  const catalogue = buildCatalogue();
  const { plan, results } = compileRuleSet(files, catalogue, options);
  const texts = results.map((result) => describe(result));
  return {
    plan,
    files: names,
    mistakes: texts.flatMap(({ errors }) => errors).join("\n"),
    warnings: [
      ...texts.flatMap(({ warnings }) => warnings),
      ...(plan ? notCaptured(plan, catalogue.events) : []),
    ],
  };
}

parentPort!.postMessage(answer(workerData as RulesThreadData));
