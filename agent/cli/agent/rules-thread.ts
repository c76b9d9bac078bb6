/** Entry of the thread that compiles rules: files or a cluster's set in, plan out, then it ends. */
import { existsSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { forNode, selectsNodes } from "../../engine/node-selector.ts";
import { buildCatalogue } from "../../fields/index.ts";
import type { Catalogue } from "../../rules/catalogue.ts";
import { compileRuleSet } from "../../rules/compile.ts";
import { drawResult } from "../../rules/diagnostics/draw.ts";
import type { LoadResult } from "../../rules/diagnostics/finding.ts";
import type { CompileOptions } from "../../rules/options.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import { loadSet } from "../cluster/load-set.ts";
import { readRulesInput } from "../rules-input.ts";
import type { LoadedRules } from "./agent.ts";
import { notCaptured } from "./not-captured.ts";
import type { RulesInput, RulesThreadData } from "./rules-messages.ts";
import { waitingRules } from "./waiting-rules.ts";

/** What became of the text, before anything is said of this node. */
export type Compiled = Omit<LoadedRules, "key" | "selectsNodes">;

/** What is wrong with files, as text; hints are for `tiercel validate`. */
const drawn = (results: readonly LoadResult[]) =>
  results.map((result) => drawResult({ ...result, hints: [] }).trimEnd());

function loadFiles(
  { paths, skipMissing }: Extract<RulesInput, { kind: "files" }>,
  catalogue: Catalogue,
  options: CompileOptions,
): Compiled {
  const files = readRulesInput(skipMissing ? paths.filter((path) => existsSync(path)) : paths);
  const { plan, results } = compileRuleSet(files, catalogue, options);
  const warned = results.filter(({ warnings }) => warnings.some(({ repeated }) => repeated !== true));
  const none = `there are no rules: no .yaml or .yml file in ${paths.join(", ")}; name some by --rules PATH or the setting rules_files`;
  return {
    plan: files.length === 0 ? undefined : plan,
    from: `${files.length} file${files.length === 1 ? "" : "s"}`,
    mistakes: files.length === 0 ? none : drawn(results.filter(({ successful }) => !successful)).join("\n"),
    warnings: plan === undefined ? [] : drawn(warned),
    failures: [],
  };
}

const unknownNode = "rules with a nodeSelector match nothing: the labels of this node are not known";

function answer({ input, options, staticFields, sources, nodeLabels }: RulesThreadData): LoadedRules {
  const catalogue = buildCatalogue({ staticFields });
  const loaded =
    input.kind === "files" ? loadFiles(input, catalogue, options) : loadSet(input.set, catalogue, options);
  const { plan } = loaded;
  if (plan === undefined) return { ...loaded, key: "", selectsNodes: false };
  const selects = selectsNodes(plan);
  const own = forNode(plan, nodeLabels);
  const unknown = selects && nodeLabels === undefined ? [unknownNode] : [];
  return {
    ...loaded,
    plan: own,
    key: JSON.stringify([options, selects ? nodeLabels : null]),
    warnings: [...loaded.warnings, ...remarks(plan, catalogue, sources, input.kind === "set"), ...unknown],
    selectsNodes: selects,
  };
}

/** What is to be said of rules that load, whatever node it is. */
function remarks(
  plan: RuleSetPlan,
  { events }: Catalogue,
  sources: readonly string[],
  shared: boolean,
): string[] {
  return [
    ...(sources.includes("syscall") ? notCaptured(plan, events) : []),
    ...waitingRules(plan, sources, shared),
  ];
}

parentPort!.postMessage(answer(workerData as RulesThreadData));
