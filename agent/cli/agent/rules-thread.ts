/** Entry of the thread that compiles rules: files in, plan out, then it ends. */
import { existsSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { buildCatalogue } from "../../fields/index.ts";
import { compileRuleSet } from "../../rules/compile.ts";
import { drawResult } from "../../rules/diagnostics/draw.ts";
import type { LoadResult } from "../../rules/diagnostics/finding.ts";
import { readRulesInput } from "../rules-input.ts";
import type { LoadedRules } from "./agent.ts";
import { forNode, selectsNodes } from "../../engine/node-selector.ts";
import { notCaptured } from "./not-captured.ts";
import type { RulesThreadData } from "./rules-messages.ts";
import { waitingRules } from "./waiting-rules.ts";

/** What is wrong with files, as text; hints are for `tiercel validate`. */
const drawn = (results: readonly LoadResult[]) =>
  results.map((result) => drawResult({ ...result, hints: [] }).trimEnd());

const unknownNode = "rules with a nodeSelector match nothing: the labels of this node are not known";

function answer(data: RulesThreadData): LoadedRules {
  const { paths, skipMissing, options, staticFields, sources, nodeLabels } = data;
  const files = readRulesInput(skipMissing ? paths.filter((path) => existsSync(path)) : paths);
  const catalogue = buildCatalogue({ staticFields });
  const { plan, results } = compileRuleSet(files, catalogue, options);
  const warned = results.filter(({ warnings }) => warnings.some(({ repeated }) => repeated !== true));
  const none = `there are no rules: no .yaml or .yml file in ${paths.join(", ")}; name some by --rules PATH or the setting rules_files`;
  return {
    plan: files.length === 0 || plan === undefined ? undefined : forNode(plan, nodeLabels),
    key: JSON.stringify([options, nodeLabels]),
    files: files.map(({ name }) => name),
    mistakes: files.length === 0 ? none : drawn(results.filter(({ successful }) => !successful)).join("\n"),
    warnings:
      plan === undefined
        ? []
        : [
            ...drawn(warned),
            ...(sources.includes("syscall") ? notCaptured(plan, catalogue.events) : []),
            ...waitingRules(plan, sources),
            ...(nodeLabels === undefined && selectsNodes(plan) ? [unknownNode] : []),
          ],
  };
}

parentPort!.postMessage(answer(workerData as RulesThreadData));
