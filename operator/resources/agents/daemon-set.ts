/** One agent on every node. */
import type { IntOrString, V1DaemonSet, V1Toleration } from "@kubernetes/client-node";
import { metadata, selectorLabels } from "./names.ts";
import type { AgentConfiguration, AgentOptions, Installation } from "./options.ts";
import { podTemplate, type Files } from "./pod.ts";
import { watchingRights } from "./rights.ts";

/** The DaemonSet of the agents. */
export function daemonSet(
  installation: Installation,
  options: AgentOptions,
  configuration: AgentConfiguration,
): V1DaemonSet {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: metadata(installation, "agent", options),
    spec: {
      selector: { matchLabels: selectorLabels(installation, "agent") },
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: numberOrShare(options.max_unavailable) },
      },
      template: podTemplate(installation, options, configuration, {
        component: "agent",
        args: ["--set", "sources.k8s_audit.enabled=false"],
        rights: watchingRights(options),
        resources: options.resources,
        ports: [],
        // The only folder of the node that it gets: the runtime's socket and cgroups are seen through /proc/1/root.
        state: { hostPath: { path: options.state_folder, type: "DirectoryOrCreate" } },
        files: logsOf(options),
        spec: {
          // Without it /proc would hold the agent alone.
          hostPID: true,
          nodeSelector: { ...options.node_selector, "kubernetes.io/os": "linux" },
          ...(options.tolerations.length > 0 && { tolerations: options.tolerations as V1Toleration[] }),
        },
      }),
    },
  };
}

/** Files that AlertSinks write on the node, where somebody wants them. */
function logsOf({ log_folder }: AgentOptions): Files[] {
  if (log_folder === "") return [];
  const hostPath = { path: log_folder, type: "DirectoryOrCreate" };
  return [{ volume: { name: "logs", hostPath }, mountPath: "/var/log/tiercel" }];
}

/** 3 as a number, 10% as a text. */
function numberOrShare(text: string): IntOrString {
  return /^\d+$/.test(text) ? Number(text) : text;
}
