/** The kinds of objects that the operator works with, as data: where the API server keeps each. */

export interface Resource {
  /** "" for core kinds. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const tiercel = { group: "tiercel.dev", version: "v1alpha1" } as const;
const core = { group: "", version: "v1", namespaced: true } as const;
const apps = { group: "apps", version: "v1", namespaced: true } as const;

export const resources = {
  falcoRules: { ...tiercel, plural: "falcorules", kind: "FalcoRule", namespaced: true },
  alertSinks: { ...tiercel, plural: "alertsinks", kind: "AlertSink", namespaced: true },
  securityAlerts: { ...tiercel, plural: "securityalerts", kind: "SecurityAlert", namespaced: true },
  nodeAgents: { ...tiercel, plural: "nodeagents", kind: "NodeAgent", namespaced: false },
  configMaps: { ...core, plural: "configmaps", kind: "ConfigMap" },
  secrets: { ...core, plural: "secrets", kind: "Secret" },
  services: { ...core, plural: "services", kind: "Service" },
  serviceAccounts: { ...core, plural: "serviceaccounts", kind: "ServiceAccount" },
  pods: { ...core, plural: "pods", kind: "Pod" },
  namespaces: { ...core, plural: "namespaces", kind: "Namespace", namespaced: false },
  nodes: { ...core, plural: "nodes", kind: "Node", namespaced: false },
  daemonSets: { ...apps, plural: "daemonsets", kind: "DaemonSet" },
  deployments: { ...apps, plural: "deployments", kind: "Deployment" },
  events: { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true },
  leases: { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true },
  clusterRoles: {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    plural: "clusterroles",
    kind: "ClusterRole",
    namespaced: false,
  },
  validatingWebhookConfigurations: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    plural: "validatingwebhookconfigurations",
    kind: "ValidatingWebhookConfiguration",
    namespaced: false,
  },
} as const satisfies Readonly<Record<string, Resource>>;

/** `apps/v1`, `v1`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

const byKind = new Map<string, Resource>(
  Object.values(resources).map((resource) => [`${apiVersionOf(resource)} ${resource.kind}`, resource]),
);

/** The row of an object's kind. @throws Error for a kind that is not in the table, which is our mistake */
export function resourceOf({ apiVersion = "", kind = "" }: { apiVersion?: string; kind?: string }): Resource {
  const resource = byKind.get(`${apiVersion} ${kind}`);
  if (resource === undefined)
    throw new Error(`kind ${kind} of ${apiVersion} is not in operator/kube/resources.ts`);
  return resource;
}

/** The row of a kind by its plural name. @throws Error for a kind that is not in the table, which is our mistake */
export function resourceNamed(group: string, version: string, plural: string): Resource {
  const resource = Object.values(resources).find(
    (one) => one.group === group && one.version === version && one.plural === plural,
  );
  if (resource === undefined)
    throw new Error(`${plural} of ${group}/${version} is not in operator/kube/resources.ts`);
  return resource;
}

/** Which object, or with `name` left out all of them. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: "status" | undefined;
}

/** Path from the server's root. Without a namespace a namespaced kind's path means all namespaces. */
export function pathOf(resource: Resource, { namespace, name, subresource }: Place = {}): string {
  const parts = [resource.group === "" ? "api" : `apis/${resource.group}`, resource.version];
  if (namespace !== undefined && namespace !== "" && resource.namespaced)
    parts.push("namespaces", encodeURIComponent(namespace));
  parts.push(resource.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.join("/")}`;
}
