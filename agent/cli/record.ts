/** `tiercel record`: keeps what happens on this node in a file, for `tiercel replay` and `tiercel test`. */
import { readOptions, UsageError, type Command } from "./command.ts";

const options = {
  rules: { type: "string", short: "r", multiple: true },
  seconds: { type: "string" },
  size: { type: "string" },
  force: { type: "boolean" },
  config: { type: "string", short: "c" },
  set: { type: "string", multiple: true },
  output: { type: "string", short: "o", values: ["text", "json"] },
} as const;

/** Most bytes of a recording that names none. */
const DEFAULT_SIZE = 1 << 30;
const units: Readonly<Record<string, number>> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };

function sizeOf(words: string | undefined): number {
  if (words === undefined) return DEFAULT_SIZE;
  const [, digits, unit] = /^([0-9]{1,9})([KMG]?)$/.exec(words) ?? [];
  const size = Number(digits) * (units[unit ?? ""] ?? 1);
  if (digits === undefined || size < 1 << 20)
    throw new UsageError(`--size ${words}: it must be a number of bytes such as 500M or 2G, 1M at least`);
  return size;
}

function secondsOf(words: string | undefined): number | undefined {
  if (words === undefined) return undefined;
  const seconds = /^[0-9]{1,6}$/.test(words) ? Number(words) : 0;
  if (seconds > 0) return seconds;
  throw new UsageError(`--seconds ${words}: it must be a whole number of seconds, 1 at least`);
}

export const command: Command = {
  name: "record",
  summary: "Record what happens on this node, to try rules on it later",
  options,
  ownsStdout: true,
  help: `Record system calls of this node, with everything else that alerts follow from, in a file. Every call that Tiercel
knows is recorded, whatever rules ask for, so that other rules can be tried on it: \`tiercel replay\` gives the same
alerts again, on any machine. With --rules it alerts on standard output meanwhile.

A recording holds command lines, environments, paths and users of this node. Its file can be read by its owner alone.

Usage:
  tiercel record FILE [--seconds N] [--size BYTES] [--force] [-r PATH]... [-o text|json]

It ends with Ctrl-C (SIGINT or SIGTERM), after --seconds, or when the file has --size bytes, and says what it has. It
needs what \`tiercel agent\` needs: a Linux kernel with BTF, and root.

Options:
      --seconds N          end after so many seconds
      --size BYTES         most bytes of the file, as in 500M or 2G (1G)
      --force              replace FILE if it is there
  -r, --rules PATH         rules to alert by meanwhile: a file or a folder; may be repeated
  -o, --output text|json   how alerts are printed, here and by a replay
  -c, --config FILE        settings; those that shape alerts are recorded
      --set KEY=VALUE      one setting

Examples:
  tiercel record incident.trec --seconds 60
  tiercel record today.trec --size 2G --rules my-rules.yaml
  tiercel replay incident.trec --rules my-rules.yaml`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    const [file, ...more] = operands;
    if (file === undefined) throw new UsageError("record needs the file to record to");
    if (more.length > 0) throw new UsageError(`record takes one file, not ${operands.length}`);
    if (values.rules?.includes("-") === true)
      throw new UsageError("record reads rules from files, not from standard input");
    const size = sizeOf(values.size);
    const seconds = secondsOf(values.seconds);
    const { runRecord } = await import("./recording/run-record.ts");
    const format = values.output === undefined ? [] : [`json_output=${values.output === "json"}`];
    return runRecord({
      file,
      force: values.force === true,
      seconds,
      size,
      config: values.config,
      rules: values.rules ?? [],
      overrides: [...(values.set ?? []), ...format],
    });
  },
};
