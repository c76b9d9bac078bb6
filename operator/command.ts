/** `tiercel operator`: turns our objects in a cluster into agents with rules and sinks. */
import { setFlagsFromString } from "node:v8";
import { readOptions, UsageError, type Command } from "../agent/cli/command.ts";

const options = {
  config: { type: "string", short: "c" },
  set: { type: "string", multiple: true },
} as const;

export const command: Command = {
  name: "operator",
  summary: "Run agents, rules and sinks in a Kubernetes cluster",
  options,
  help: `Turn FalcoRules and AlertSinks into what agents read, run an agent on every node, and report in the objects' status.

It finds the cluster by KUBECONFIG, ~/.kube/config or its pod's service account. Of several operators one acts; the
others wait for its Lease to end. It ends with SIGINT or SIGTERM and gives the Lease back. The kinds must be installed,
which the chart does. Its settings are the key \`operator\` of the settings file.

Usage:
  tiercel operator [-c FILE] [--set KEY=VALUE]...

Options:
  -c, --config FILE     settings (/etc/tiercel/tiercel.yaml, else the ones that come with Tiercel)
      --set KEY=VALUE   one setting, as in \`--set operator.namespace=security\`

Examples:
  tiercel operator
  KUBECONFIG=~/.kube/test tiercel operator --set operator.namespace=security --set log_level=debug
  tiercel operator --set operator.leader_election.enabled=false --set operator.webhook_listen=`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length > 0) throw new UsageError(`operator takes no argument, not ${operands[0]}`);
    // What lives long is steady; V8 would let as much garbage stand beside it again. With 500 agents whose counts grow that
    // was 196 MiB resident where 131 do, at no measurable cost.
    setFlagsFromString("--heap-growing-percent=30");
    const { runOperator } = await import("./run.ts");
    return runOperator({
      ...(values.config !== undefined && { config: values.config }),
      overrides: values.set ?? [],
    });
  },
};
