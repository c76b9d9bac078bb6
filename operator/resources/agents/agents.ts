/** All objects that agents consist of, from settings. Pure: the same settings make the same objects. */
import type {
  V1ConfigMap,
  V1DaemonSet,
  V1Deployment,
  V1Service,
  V1ServiceAccount,
} from "@kubernetes/client-node";
import { auditDeployment, auditService } from "./audit.ts";
import { daemonSet } from "./daemon-set.ts";
import { metadata, selectorLabels } from "./names.ts";
import type { AgentConfiguration, AgentOptions, AuditOptions, Installation } from "./options.ts";

export type AgentObject = V1ConfigMap | V1DaemonSet | V1Deployment | V1Service | V1ServiceAccount;

/** What there should be, in the order in which it is made: pods come after what they need. */
export function agentObjects(
  installation: Installation,
  options: AgentOptions,
  audit: AuditOptions,
  configuration: AgentConfiguration,
): AgentObject[] {
  if (!options.enabled && !audit.enabled) return [];
  const { web } = configuration;
  return [
    serviceAccount(installation, options),
    settingsMap(installation, options, configuration),
    ...(options.enabled
      ? [
          ...(web === undefined ? [] : [metricsService(installation, options, web.port)]),
          daemonSet(installation, options, configuration),
        ]
      : []),
    ...(audit.enabled
      ? [
          auditService(installation, options, audit),
          auditDeployment(installation, options, audit, configuration),
        ]
      : []),
  ];
}

function serviceAccount(installation: Installation, options: AgentOptions): V1ServiceAccount {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(installation, "agent", options) };
}

function settingsMap(
  installation: Installation,
  options: AgentOptions,
  { text }: AgentConfiguration,
): V1ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata(installation, "agent", options),
    data: { "tiercel.yaml": text },
  };
}

/** Finds the agents one by one, for Prometheus: an address of its own would show it a different one each time. */
function metricsService(installation: Installation, options: AgentOptions, port: number): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(installation, "agent", options),
    spec: {
      clusterIP: "None",
      ports: [{ name: "metrics", port, protocol: "TCP", targetPort: "metrics" }],
      // One that is not ready has metrics that say why.
      publishNotReadyAddresses: true,
      selector: selectorLabels(installation, "agent"),
    },
  };
}
