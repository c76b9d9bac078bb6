/** `tiercel convert`: rules files to FalcoRules and back, Falco's settings to Tiercel's. */
import { exitCodes, mayColour, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  name: { type: "string" },
  namespace: { type: "string", short: "n" },
} as const;

export const command: Command = {
  name: "convert",
  summary: "Turn Falco's rules and settings into Tiercel's, and rules back",
  options,
  help: `Convert files to standard output. What a file is decides what it becomes:

  a Falco rules file                                a FalcoRule, more where it is large
  FalcoRules                                        a Falco rules file
  Helm values, HelmRelease, Application, ConfigMap
  or another platform's object with rules inside    a FalcoRule for each place with rules
  a falco.yaml                                      a tiercel.yaml
  settings of falcosidekick                         AlertSinks; credentials become references to Secrets

What could not be carried over is said on standard error, a line each. Items that a file gives twice, or changes with
append or override, become one; changes of rules that are not in the file stay changes. Comments of rules files are lost.

Usage:
  tiercel convert FILE... [--name NAME] [-n NAMESPACE]

Options:
  --name NAME             name of the FalcoRule (that of the file)
  -n, --namespace NAME    namespace of the objects

Exit code: 0 converted, 1 a file could not be, 2 wrong usage.

Examples:
  tiercel convert my_rules.yaml | kubectl apply -n tiercel-system -f -
  tiercel convert values.yaml > my-rules.yaml
  tiercel convert /etc/falco/falco.yaml > tiercel.yaml`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length === 0) throw new UsageError("convert needs a file");
    const [{ readRulesInput }, { convertFile }, { buildCatalogue }, { drawResult }, { printable }] =
      await Promise.all([
        import("./rules-input.ts"),
        import("./convert/convert-file.ts"),
        import("../fields/index.ts"),
        import("../rules/diagnostics/draw.ts"),
        import("../rules/diagnostics/snippet.ts"),
      ]);
    const catalogue = buildCatalogue();
    const documents: string[] = [];
    let failed = false;
    for (const { name, text, unreadable } of readRulesInput(operands)) {
      if (unreadable !== undefined) {
        process.stderr.write(`${unreadable}\n`);
        failed = true;
        continue;
      }
      const converted = convertFile(name, text, catalogue, values);
      for (const remark of converted.remarks) process.stderr.write(`${printable(remark)}\n`);
      if (converted.refused !== undefined)
        process.stderr.write(drawResult(converted.refused, mayColour(process.stderr)));
      failed ||= converted.refused !== undefined || converted.documents.length === 0;
      documents.push(...converted.documents);
    }
    process.stdout.write(documents.join("---\n"));
    return failed ? exitCodes.failed : exitCodes.fine;
  },
};
