/** `tiercel validate`: says all that is wrong with rules files, without a kernel or a cluster. */
import { exitCodes, mayColour, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  output: { type: "string", short: "o", values: ["text", "json"] },
} as const;

export const command: Command = {
  name: "validate",
  summary: "Check rules files and say all mistakes at once",
  options,
  help: `Check rules without a kernel or a cluster. All mistakes of all files are told at once, each with its file,
line and column, a code and, where one comes to mind, what to write instead.

Usage:
  tiercel validate PATH... [-o text|json]

PATH is a Falco rules file, a FalcoRule manifest, a folder of them (its .yaml and .yml files by name), or - for
standard input. Files are loaded in the order given, into one set: a file may use what those before it define.
Rules inside Helm values, ConfigMaps and objects of other platforms are found and checked, but such a file is no
rules file; \`tiercel convert\` makes one of it.

Options:
  -o, --output text|json   how to print the findings (text); json has Falco's shape

Exit code: 0 all files are valid (warnings and hints may be there), 1 some are not, 2 wrong usage.

Examples:
  tiercel validate my-rules.yaml
  tiercel validate falco_rules.yaml my-rules.yaml -o json
  kubectl get falcorule my-rules -o yaml | tiercel validate -`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length === 0) throw new UsageError("validate needs a file or folder with rules");
    const [{ readRulesInput }, { compileRuleSet }, { buildCatalogue }, { drawResult }, { loadResultsJson }] =
      await Promise.all([
        import("./rules-input.ts"),
        import("../rules/compile.ts"),
        import("../fields/index.ts"),
        import("../rules/diagnostics/draw.ts"),
        import("../rules/diagnostics/load-json.ts"),
      ]);
    const files = readRulesInput(operands);
    if (files.length === 0) throw new UsageError(`there is no .yaml or .yml file in ${operands.join(", ")}`);
    const { results } = compileRuleSet(files, buildCatalogue());
    if (values.output === "json") process.stdout.write(`${JSON.stringify(loadResultsJson(results))}\n`);
    else for (const result of results) process.stdout.write(drawResult(result, mayColour(process.stdout)));
    return results.every((result) => result.successful) ? exitCodes.fine : exitCodes.failed;
  },
};
