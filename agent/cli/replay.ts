/** `tiercel replay`: tries rules on a recording. */
import { readOptions, UsageError, type Command } from "./command.ts";

const options = {
  rules: { type: "string", short: "r", multiple: true },
  output: { type: "string", short: "o", values: ["text", "json"] },
  speed: { type: "string", values: ["recorded", "full"] },
} as const;

export const command: Command = {
  name: "replay",
  summary: "Try rules on a recording: the same alerts again, anywhere",
  options,
  ownsStdout: true,
  help: `Try rules on a recording of \`tiercel record\`. Alerts go to standard output, byte for byte those that the recording agent
gave or would have given by these rules: times, names and settings are the recording's. Neither root nor a kernel with
BTF is needed, and the machine, its time zone and its users do not matter. The summary goes to standard error.

Usage:
  tiercel replay FILE -r PATH... [-o text|json] [--speed recorded|full]

Options:
  -r, --rules PATH            rules: a file or a folder; may be repeated
  -o, --output text|json      how alerts are printed (as the recording agent's settings say)
      --speed recorded|full   as far apart as events came, or as fast as it goes (full)

Exit code: 0 replayed, 1 mistakes in rules or a damaged recording, 2 wrong usage. A torn recording is replayed up to the
tear, which is said.

Examples:
  tiercel replay incident.trec --rules my-rules.yaml
  tiercel replay incident.trec -r config/rules -o json | jq -r .rule | sort | uniq -c`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    const [file, ...more] = operands;
    if (file === undefined) throw new UsageError("replay needs a recording");
    if (more.length > 0) throw new UsageError(`replay takes one recording, not ${operands.length}`);
    const rules = values.rules ?? [];
    if (rules.length === 0) throw new UsageError("replay needs rules: --rules PATH");
    const { runReplay } = await import("./recording/run-replay.ts");
    return runReplay({
      file,
      rules,
      output: values.output as "text" | "json" | undefined,
      speed: values.speed === "recorded" ? "recorded" : "full",
    });
  },
};
