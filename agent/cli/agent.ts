/** `tiercel agent`: watches this node and raises alerts. */
import { setFlagsFromString } from "node:v8";
import { readOptions, UsageError, type Command } from "./command.ts";

const options = {
  config: { type: "string", short: "c" },
  rules: { type: "string", short: "r", multiple: true },
  set: { type: "string", multiple: true },
  output: { type: "string", short: "o", values: ["text", "json"] },
} as const;

export const command: Command = {
  name: "agent",
  summary: "Watch this node and raise alerts",
  options,
  ownsStdout: true,
  help: `Watch the system calls of this node, match them against rules, and raise alerts.

Alerts go to standard output and wherever the settings say; the log goes to standard error. It ends with SIGINT or
SIGTERM, prints what it saw, and reads rules and settings anew on SIGHUP or when one of their files changes.
It needs a Linux kernel with BTF (5.10 or newer), and root or the capabilities BPF, PERFMON and SYS_PTRACE.

Usage:
  tiercel agent [-c FILE] [-r PATH]... [-o text|json] [--set KEY=VALUE]...

Options:
  -c, --config FILE        settings (/etc/tiercel/tiercel.yaml, else the ones that come with Tiercel)
  -r, --rules PATH         rules: a file, or a folder whose .yaml and .yml files are loaded by name; Falco rules files
                           or FalcoRule manifests. May be repeated; replaces rules_files of the settings
  -o, --output text|json   how alerts are printed
      --set KEY=VALUE      one setting, as in \`--set rule_matching=first\` or \`--set webserver.enabled=false\`

Examples:
  tiercel agent
  tiercel agent --rules /etc/falco/falco_rules.yaml --rules ./mine.yaml -o json
  tiercel agent --set priority=warning --set 'rules[]={"disable": {"tag": "network"}}'`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length > 0)
      throw new UsageError(`agent takes no argument, not ${operands[0]}; rules are named with --rules`);
    if (values.rules?.includes("-") === true)
      throw new UsageError(
        "agent cannot read rules from standard input: it reads them again when they change",
      );
    // Before anything is loaded: what start-up leaves behind would otherwise keep 16 MiB for young objects.
    setFlagsFromString("--semi-space-growth-factor=1");
    // What lives long is small and steady here. V8 would let the garbage beside it grow to twice that before it looks
    // (seen: 20 MiB more after 20 minutes of churn), and keep the pages. Costs no measurable time an event.
    setFlagsFromString("--optimize-for-size");
    setFlagsFromString("--initial-old-space-size=8");
    const { runAgent } = await import("./agent/run.ts");
    const format = values.output === undefined ? [] : [`json_output=${values.output === "json"}`];
    return runAgent({
      ...(values.config !== undefined && { config: values.config }),
      rules: values.rules ?? [],
      overrides: [...(values.set ?? []), ...format],
    });
  },
};
