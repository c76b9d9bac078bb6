/** Agents that API servers post their audit log to, and the Service in front of them. */
import type { V1Deployment, V1Service } from "@kubernetes/client-node";
import { metadata, nameOf, selectorLabels } from "./names.ts";
import type { AgentConfiguration, AgentOptions, AuditOptions, Installation } from "./options.ts";
import { podTemplate, type Files } from "./pod.ts";
import { listeningRights } from "./rights.ts";

/** Port of the Service and of the agents behind it. */
export const auditPort = 8765;

/** Name of the Secret with the certificate that the operator makes for the audit Service. */
export const auditCertificateName = (installation: Pick<Installation, "name">): string =>
  `${nameOf(installation, "audit")}-tls`;

const folders = {
  certificate: "/etc/tiercel-audit/tls",
  clientCa: "/etc/tiercel-audit/client-ca",
  token: "/etc/tiercel-audit/token",
} as const;

/** The Deployment of audit agents: without any right on the node they run on. */
export function auditDeployment(
  installation: Installation,
  options: AgentOptions,
  audit: AuditOptions,
  configuration: AgentConfiguration,
): V1Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(installation, "audit", options),
    spec: {
      replicas: audit.replicas,
      selector: { matchLabels: selectorLabels(installation, "audit") },
      // An API server that finds nobody keeps little and drops the rest: the new one comes first.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: podTemplate(installation, options, configuration, {
        component: "audit",
        args: settingsOf(audit).flatMap((setting) => ["--set", setting]),
        rights: listeningRights,
        resources: audit.resources,
        ports: [{ name: "audit", containerPort: auditPort }],
        state: { emptyDir: { sizeLimit: "1Gi" } },
        files: filesOf(installation, audit),
        spec: { nodeSelector: { "kubernetes.io/os": "linux" }, securityContext: { fsGroup: 65_532 } },
      }),
    },
  };
}

function settingsOf({ client_ca, token_secret }: AuditOptions): string[] {
  const source = "sources.k8s_audit";
  return [
    "sources.syscall.enabled=false",
    `${source}.enabled=true`,
    `${source}.listen=0.0.0.0:${auditPort}`,
    `${source}.tls.certificate=${folders.certificate}/tls.crt`,
    `${source}.tls.key=${folders.certificate}/tls.key`,
    ...(client_ca === "" ? [] : [`${source}.tls.client_ca=${folders.clientCa}/ca.crt`]),
    ...(token_secret === "" ? [] : [`${source}.token_file=${folders.token}/token`]),
  ];
}

function filesOf(installation: Installation, { tls_secret, client_ca, token_secret }: AuditOptions): Files[] {
  const secretName = tls_secret === "" ? auditCertificateName(installation) : tls_secret;
  return [
    { volume: { name: "certificate", secret: { secretName } }, mountPath: folders.certificate },
    ...(client_ca === ""
      ? []
      : [{ volume: { name: "client-ca", configMap: { name: client_ca } }, mountPath: folders.clientCa }]),
    ...(token_secret === ""
      ? []
      : [{ volume: { name: "token", secret: { secretName: token_secret } }, mountPath: folders.token }]),
  ];
}

/** The Service in front of them. */
export function auditService(
  installation: Installation,
  options: AgentOptions,
  audit: AuditOptions,
): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(installation, "audit", options),
    spec: {
      // API servers look no name up and are told the address once, when they start.
      ...(audit.cluster_ip !== "" && { clusterIP: audit.cluster_ip }),
      ports: [{ name: "audit", port: auditPort, protocol: "TCP", targetPort: "audit" }],
      selector: selectorLabels(installation, "audit"),
      type: "ClusterIP",
    },
  };
}
