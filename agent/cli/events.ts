/** `tiercel events`: what evt.type can be, and each event's parameters. */
import { exitCodes, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  output: { type: "string", short: "o", values: ["text", "json", "markdown"] },
} as const;

export const command: Command = {
  name: "events",
  summary: "List the events that rules can name",
  options,
  help: `List the events that \`evt.type\` can be, whether they are captured, and the parameters that evt.arg takes.

Usage:
  tiercel events [-o text|json|markdown]

Options:
  -o, --output text|json|markdown   how to print them (text)

Examples:
  tiercel events
  tiercel events -o json | jq -r '.[] | select(.captured) | .name'`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length > 0) throw new UsageError(`events takes no argument, not ${operands[0]}`);
    const [{ buildCatalogue }, { eventsJson, eventsPage, eventsText }] = await Promise.all([
      import("../fields/index.ts"),
      import("./catalogue/events-pages.ts"),
    ]);
    const { events } = buildCatalogue();
    const print = {
      text: eventsText,
      markdown: eventsPage,
      json: (all: typeof events) => `${eventsJson(all)}\n`,
    };
    process.stdout.write(print[(values.output ?? "text") as keyof typeof print](events));
    return exitCodes.fine;
  },
};
