/** `tiercel doctor`: what this machine can do, what is missing, what that costs, and what to do. */
import { exitCodes, mayColour, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  config: { type: "string", short: "c" },
  rules: { type: "string", short: "r", multiple: true },
  set: { type: "string", multiple: true },
  output: { type: "string", short: "o", values: ["text", "json"] },
} as const;

export const command: Command = {
  name: "doctor",
  summary: "Say what this machine allows the agent, what is missing, and what to do",
  options,
  help: `Look at everything the agent needs: kernel, BPF programs (loaded for a moment), capabilities, memory, cgroups,
container runtimes, clock, settings, rules, ports. For each it says what was found; where something is missing, what
that costs and what to do. Run it as the agent runs: as root, in a pod with the same securityContext.

Usage:
  tiercel doctor [-c FILE] [-r PATH]... [-o text|json] [--set KEY=VALUE]...

Options:
  -c, --config FILE        settings, as of \`tiercel agent\`
  -r, --rules PATH         rules, as of \`tiercel agent\`
  -o, --output text|json   how to print the findings (text)
      --set KEY=VALUE      one setting, as of \`tiercel agent\`

Exit code: 0 the agent can run (warnings may be there), 1 something it cannot do without is missing, 2 wrong usage.

Examples:
  tiercel doctor
  tiercel doctor -o json | jq -r '.findings[] | select(.level != "ok") | .message'
  kubectl exec -n tiercel-system AGENT-POD -- tiercel doctor`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length > 0) throw new UsageError(`doctor takes no argument, not ${operands[0]}`);
    const [{ gather }, { judge, worst }, { findingsJson, findingsText }] = await Promise.all([
      import("./doctor/gather.ts"),
      import("./doctor/judge.ts"),
      import("./doctor/print.ts"),
    ]);
    const facts = await gather({
      config: values.config,
      rules: values.rules ?? [],
      overrides: values.set ?? [],
    });
    const findings = judge(facts);
    process.stdout.write(
      values.output === "json" ? findingsJson(findings) : findingsText(findings, mayColour(process.stdout)),
    );
    return worst(findings) === "failure" ? exitCodes.failed : exitCodes.fine;
  },
};
