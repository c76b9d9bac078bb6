/** What agents are told, from the operator's own settings. */
import { handOn } from "../agent/cli/settings/hand-on.ts";
import type { SettingsInput } from "../agent/cli/settings/read.ts";
import type { Settings } from "../agent/cli/settings/schema.ts";
import { stateFolder } from "./resources/agents/pod.ts";
import type { AgentConfiguration } from "./resources/agents/options.ts";

/**
 * @param input the texts that `settings` were read from
 * @param cluster where agents find rules and sinks
 */
export function configurationOf(
  input: Omit<SettingsInput, "environment">,
  { webserver }: Settings,
  cluster: Readonly<Record<string, string | boolean>>,
): AgentConfiguration {
  const { enabled, listen_port: port, k8s_healthz_endpoint: healthPath, ssl_enabled: https } = webserver;
  return {
    // State is kept where it is mounted, wherever on the node that is.
    ...handOn(input, { enabled: true, ...cluster, state_folder: stateFolder }),
    web: enabled ? { port, healthPath, https } : undefined,
  };
}
