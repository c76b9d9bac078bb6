/** `tiercel version`: what this is, and which rule language it answers to. */
import { readFileSync } from "node:fs";
import { exitCodes, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  output: { type: "string", short: "o", values: ["text", "json"] },
} as const;

/** Version in package.json, which stands at the root of a checkout and of an installation. */
export function packageVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  const content = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return content.version;
}

export const command: Command = {
  name: "version",
  summary: "Print the version",
  options,
  help: `Print the version of Tiercel, of Node.js and of the machine's architecture.

Usage:
  tiercel version [-o text|json]

Options:
  -o, --output text|json   how to print it (text)

Examples:
  tiercel version -o json`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length > 0) throw new UsageError(`version takes no argument, not ${operands[0]}`);
    const facts = {
      version: packageVersion(),
      node: process.version,
      platform: `${process.platform}/${process.arch}`,
    };
    if (values.output === "json") console.log(JSON.stringify(facts));
    else console.log(`tiercel ${facts.version} (Node.js ${facts.node}, ${facts.platform})`);
    return exitCodes.fine;
  },
};
