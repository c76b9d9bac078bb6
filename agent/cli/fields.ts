/** `tiercel fields`: what conditions and outputs can ask. */
import { exitCodes, readOptions, UsageError, type Command } from "./command.ts";
import { didYouMean } from "./suggest.ts";

const options = {
  source: { type: "string" },
  output: { type: "string", short: "o", values: ["text", "json", "markdown"] },
} as const;

export const command: Command = {
  name: "fields",
  summary: "List the fields that rules can use",
  options,
  help: `List the fields that conditions and outputs of rules can use, with type, argument and a sentence on each.

Usage:
  tiercel fields [--source SOURCE] [-o text|json|markdown]

Options:
      --source SOURCE               only those of one source: syscall or k8s_audit
  -o, --output text|json|markdown   how to print them (text)

Examples:
  tiercel fields
  tiercel fields --source syscall | grep fd.
  tiercel fields -o json | jq -r '.[].fields[].name'`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length > 0) throw new UsageError(`fields takes no argument, not ${operands[0]}`);
    const [{ buildCatalogue }, { fieldsJson, fieldsPage, fieldsText, sourcesOf }] = await Promise.all([
      import("../fields/index.ts"),
      import("./catalogue/fields-pages.ts"),
    ]);
    const catalogue = buildCatalogue();
    const sources = sourcesOf(catalogue, values.source);
    if (sources === undefined) {
      const names = [...catalogue.sources.keys()];
      throw new UsageError(
        `there is no source ${values.source}, only ${names.join(" and ")}${didYouMean(values.source!, names)}`,
      );
    }
    const print = {
      text: fieldsText,
      markdown: fieldsPage,
      json: (all: typeof sources) => `${fieldsJson(all)}\n`,
    };
    process.stdout.write(print[(values.output ?? "text") as keyof typeof print](sources));
    return exitCodes.fine;
  },
};
