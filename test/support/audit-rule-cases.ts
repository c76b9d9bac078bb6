/**
 * For each rule of the public audit rules an Event that raises it, as an API server writes it, and a twin that differs in
 * one clause of the rule's condition.
 */
import { ada, type RequestFacts } from "./audit-events.ts";

export interface AuditRuleCase {
  readonly rule: string;
  /** What was asked of the API server. */
  readonly does: string;
  readonly event: RequestFacts;
  /** The clause, as the condition begins it, that the twin does not fulfil, and how the twin differs. */
  readonly clause: string;
  readonly twin: Partial<RequestFacts>;
  /** Macros that the rules file leaves for users to change, without which the rule is off. */
  readonly macros?: string;
}

type Members = Readonly<Record<string, unknown>>;

/** What a request names. */
interface Target {
  readonly group?: string;
  readonly version?: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

const apiVersion = ({ group = "", version = "v1" }: Target) =>
  group === "" ? version : `${group}/${version}`;

function path(target: Target): string {
  const { group = "", namespace, resource } = target;
  const api = group === "" ? "/api" : "/apis";
  return `${api}/${apiVersion(target)}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${resource}`;
}

function reference({ group = "", version = "v1", resource, namespace, name }: Target, subresource?: string) {
  return {
    resource,
    ...(namespace !== undefined && { namespace }),
    name,
    ...(group !== "" && { apiGroup: group }),
    apiVersion: version,
    ...(subresource !== undefined && { subresource }),
  };
}

const uid = "2f1f7a0e-6e0a-4c35-9b5a-0c8a0f3f2b11";

/** The object as a client sends it, and as the API server answers. */
function object(target: Target, members: Members) {
  const { kind, namespace, name } = target;
  const metadata = { name, ...(namespace !== undefined && { namespace }), creationTimestamp: null };
  const made = { ...metadata, uid, resourceVersion: "4711", creationTimestamp: "2026-11-25T09:10:11Z" };
  return {
    requestObject: { kind, apiVersion: apiVersion(target), metadata, ...members },
    responseObject: { kind, apiVersion: apiVersion(target), metadata: made, ...members },
  };
}

function create(target: Target, members: Members = {}): RequestFacts {
  return {
    verb: "create",
    uri: `${path(target)}?fieldManager=kubectl-create&fieldValidation=Strict`,
    objectRef: reference(target),
    ...object(target, members),
  };
}

function remove(target: Target): RequestFacts {
  const { group = "", resource, name } = target;
  return {
    verb: "delete",
    uri: `${path(target)}/${name}`,
    objectRef: reference(target),
    code: 200,
    status: { status: "Success" },
    requestObject: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" },
    responseObject: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name, ...(group !== "" && { group }), kind: resource, uid },
    },
  };
}

/** What an API server says to somebody who may not. */
const forbidden = (what: string): Partial<RequestFacts> => ({
  code: 403,
  status: {
    status: "Failure",
    message: `${what} is forbidden: User "ada" cannot do that`,
    reason: "Forbidden",
    details: { kind: what },
  },
  annotations: { "authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "" },
});

const pod: Target = { resource: "pods", kind: "Pod", namespace: "default", name: "web" };
const podSpec = {
  containers: [{ name: "web", image: "nginx:1.29", resources: {}, imagePullPolicy: "IfNotPresent" }],
};
const createPod = (spec: Members, target = pod) =>
  create(target, {
    spec: { ...podSpec, restartPolicy: "Always", dnsPolicy: "ClusterFirst", ...spec },
    status: {},
  });
const privileged = (image: string) => ({
  containers: [{ name: "web", image, resources: {}, securityContext: { privileged: true } }],
});
const mounts = (hostPath: string) => ({
  volumes: [{ name: "v", hostPath: { path: hostPath, type: "" } }],
  containers: [{ name: "web", image: "nginx:1.29", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
});

const exec = (subresource: string): RequestFacts => ({
  verb: "create",
  uri: `${path(pod)}/web/${subresource}?command=cat&command=%2Fetc%2Fshadow&container=web&stdout=true`,
  objectRef: reference(pod, subresource),
  level: "Request",
  stage: "ResponseStarted",
  code: 101,
});

const named = (
  resource: string,
  kind: string,
  group = "",
  namespace: string | undefined = "default",
): Target => ({
  resource,
  kind,
  group,
  ...(namespace !== undefined && { namespace }),
  name: "web",
});
const rbac = "rbac.authorization.k8s.io";
const deployment = named("deployments", "Deployment", "apps");
const service = named("services", "Service");
const configMap = named("configmaps", "ConfigMap");
const namespace: Target = { resource: "namespaces", kind: "Namespace", name: "team-a" };
const serviceAccount = named("serviceaccounts", "ServiceAccount");
const role = named("roles", "Role", rbac);
const clusterRole: Target = { resource: "clusterroles", kind: "ClusterRole", group: rbac, name: "web" };
const roleBinding = named("rolebindings", "RoleBinding", rbac);
const clusterRoleBinding: Target = {
  resource: "clusterrolebindings",
  kind: "ClusterRoleBinding",
  group: rbac,
  name: "web",
};
const secret = named("secrets", "Secret");
const ingress = named("ingresses", "Ingress", "networking.k8s.io");
const node: Target = { resource: "nodes", kind: "Node", name: "worker-3" };

const rules = (resources: readonly string[], verbs: readonly string[]) => ({
  rules: [{ verbs, apiGroups: [""], resources }],
});
const binding = (kind: string, name: string) => ({
  subjects: [{ kind: "User", apiGroup: rbac, name: "eve" }],
  roleRef: { apiGroup: rbac, kind, name },
});
const replicas = {
  spec: { replicas: 1, selector: { matchLabels: { app: "web" } }, template: { spec: podSpec } },
};
const data = (text: string) => ({ data: { "app.properties": text } });
const getSecret: RequestFacts = {
  verb: "get",
  uri: `${path(secret)}/web`,
  objectRef: reference(secret),
  level: "Metadata",
  code: 200,
};
const kubelet = { username: "system:node:worker-3", groups: ["system:nodes", "system:authenticated"] };
const joins: RequestFacts = {
  ...create(node, { spec: {}, status: {} }),
  user: kubelet,
  uri: "/api/v1/nodes",
};
const anonymous = { username: "system:anonymous", groups: ["system:unauthenticated"] };
const decided = (decision: string) => ({
  "authorization.k8s.io/decision": decision,
  "authorization.k8s.io/reason": "",
});

const on = (macro: string, condition: string) => `- macro: ${macro}\n  condition: (${condition})\n`;
const allNodes = on("allow_all_k8s_nodes", "k8s_audit_never_true");

const madeAndRemoved: readonly [
  title: string,
  target: Target,
  members: Members,
  extra?: Partial<AuditRuleCase>,
][] = [
  ["Deployment", deployment, replicas],
  ["Service", service, { spec: { type: "ClusterIP", ports: [{ port: 80, protocol: "TCP" }] } }],
  ["ConfigMap", configMap, data("colour=blue")],
  ["Namespace", namespace, { spec: {}, status: {} }],
  ["Serviceaccount", serviceAccount, {}],
  ["Role", role, rules(["pods"], ["get"])],
  ["ClusterRole", clusterRole, rules(["pods"], ["get"])],
  ["RoleBinding", roleBinding, binding("Role", "view")],
  ["ClusterRoleBinding", clusterRoleBinding, binding("ClusterRole", "view")],
  ["Secret", secret, { type: "Opaque" }],
];

/** In the order of the rules file. */
export const auditRuleCases: readonly AuditRuleCase[] = [
  {
    rule: "Disallowed K8s User",
    does: "somebody who is in no list lists pods",
    event: {
      verb: "list",
      uri: "/api/v1/namespaces/default/pods?limit=500",
      objectRef: { resource: "pods", namespace: "default", apiVersion: "v1" },
      level: "Metadata",
      code: 200,
    },
    clause: "not ka.user.name in (allowed_k8s_users)",
    twin: {
      user: { username: "kubernetes-admin", groups: ["kubeadm:cluster-admins", "system:authenticated"] },
    },
  },
  {
    rule: "Create Disallowed Pod",
    does: "a pod of an image that is not allowed is created",
    event: createPod({ containers: [{ name: "web", image: "example.com/miner:1", resources: {} }] }),
    clause: "not allowed_k8s_containers",
    twin: createPod({}),
    macros: on("allowed_k8s_containers", "ka.req.pod.containers.image.repository in (nginx)"),
  },
  {
    rule: "Create Privileged Pod",
    does: "a privileged pod is created",
    event: createPod(privileged("nginx:1.29")),
    clause: "not ka.req.pod.containers.image.repository in",
    twin: createPod(privileged("quay.io/calico/node:v3.30")),
  },
  {
    rule: "Create Sensitive Mount Pod",
    does: "a pod that mounts the node's /etc is created",
    event: createPod(mounts("/etc")),
    clause: "sensitive_vol_mount",
    twin: createPod(mounts("/srv")),
  },
  {
    rule: "Create HostNetwork Pod",
    does: "a pod with hostNetwork is created",
    event: createPod({ hostNetwork: true }),
    clause: "ka.req.pod.host_network intersects (true)",
    twin: createPod({ hostNetwork: false }),
  },
  {
    rule: "Create HostPid Pod",
    does: "a pod with hostPID is created",
    event: createPod({ hostPID: true }),
    clause: "kcreate",
    twin: { verb: "update" },
  },
  {
    rule: "Create HostIPC Pod",
    does: "a pod with hostIPC is created",
    event: createPod({ hostIPC: true }),
    clause: "pod",
    twin: { objectRef: reference(pod, "status") },
  },
  {
    rule: "Create NodePort Service",
    does: "a service of type NodePort is created",
    event: create(service, {
      spec: { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort: 30080 }] },
    }),
    clause: "ka.req.service.type=NodePort",
    twin: create(service, { spec: { type: "ClusterIP", ports: [{ port: 80, protocol: "TCP" }] } }),
  },
  {
    rule: "Create/Modify Configmap With Private Credentials",
    does: "a config map that holds a password is patched",
    event: {
      ...create(configMap, data("password=hunter2")),
      verb: "patch",
      uri: `${path(configMap)}/web`,
      code: 200,
    },
    clause: "contains_private_credentials",
    twin: object(configMap, data("colour=blue")),
  },
  {
    rule: "Anonymous Request Allowed",
    does: "nobody in particular lists pods, and may",
    event: {
      verb: "list",
      uri: "/api/v1/pods",
      objectRef: { resource: "pods", apiVersion: "v1" },
      level: "Metadata",
      user: anonymous,
      code: 200,
      annotations: decided("allow"),
    },
    clause: 'ka.auth.decision="allow"',
    twin: { annotations: decided("forbid") },
  },
  {
    rule: "Attach/Exec Pod",
    does: "a command is run in a pod",
    event: exec("exec"),
    clause: "kevt_started",
    twin: { stage: "ResponseComplete" },
  },
  {
    rule: "port-forward",
    does: "a port of a pod is forwarded",
    event: exec("portforward"),
    clause: "ka.target.subresource in (portforward)",
    twin: { objectRef: reference(pod, "log") },
  },
  {
    rule: "EphemeralContainers Created",
    does: "a pod gets an ephemeral container (kubectl debug)",
    event: {
      verb: "patch",
      uri: `${path(pod)}/web/ephemeralcontainers`,
      objectRef: reference(pod, "ephemeralcontainers"),
      code: 200,
      requestObject: {
        spec: { ephemeralContainers: [{ name: "debugger-x7k2p", image: "busybox", stdin: true, tty: true }] },
      },
    },
    clause: "kmodify",
    twin: { verb: "get" },
  },
  {
    rule: "Create Disallowed Namespace",
    does: "a namespace that is in no list is created",
    event: create(namespace, { spec: {}, status: {} }),
    clause: "not ka.target.name in (allowed_namespaces)",
    twin: { objectRef: reference({ ...namespace, name: "default" }) },
  },
  {
    rule: "Pod Created in Kube Namespace",
    does: "a pod is created in kube-system",
    event: createPod({}, { ...pod, namespace: "kube-system" }),
    clause: "ka.target.namespace in (kube-system, kube-public)",
    twin: { objectRef: reference(pod) },
  },
  {
    rule: "Service Account Created in Kube Namespace",
    does: "a service account is created in kube-system",
    event: create({ ...serviceAccount, namespace: "kube-system" }),
    clause: "response_successful",
    twin: forbidden("serviceaccounts"),
  },
  {
    rule: "System ClusterRole Modified/Deleted",
    does: "the cluster role system:node is deleted",
    event: remove({ ...clusterRole, name: "system:node" }),
    clause: "not ka.target.name in (system:coredns",
    twin: { objectRef: reference({ ...clusterRole, name: "system:coredns" }) },
  },
  {
    rule: "Attach to cluster-admin Role",
    does: "somebody is bound to cluster-admin",
    event: create(clusterRoleBinding, binding("ClusterRole", "cluster-admin")),
    clause: "ka.req.binding.role=cluster-admin",
    twin: object(clusterRoleBinding, binding("ClusterRole", "view")),
  },
  {
    rule: "ClusterRole With Wildcard Created",
    does: "a cluster role with all verbs is created",
    event: create(clusterRole, rules(["pods"], ["*"])),
    clause: "(ka.req.role.rules.resources intersects",
    twin: object(clusterRole, rules(["pods"], ["get"])),
  },
  {
    rule: "ClusterRole With Write Privileges Created",
    does: "a role that may patch is created",
    event: create(role, rules(["configmaps"], ["get", "patch"])),
    clause: "writable_verbs",
    twin: object(role, rules(["configmaps"], ["get", "watch"])),
  },
  {
    rule: "ClusterRole With Pod Exec Created",
    does: "a role that may run commands in pods is created",
    event: create(role, rules(["pods", "pods/exec"], ["get"])),
    clause: 'ka.req.role.rules.resources intersects ("pods/exec")',
    twin: object(role, rules(["pods", "pods/log"], ["get"])),
  },
  ...madeAndRemoved.flatMap(([title, target, members]): AuditRuleCase[] => [
    {
      rule: `K8s ${title} Created`,
      does: `a ${target.kind} is created`,
      event: create(target, members),
      clause: "response_successful",
      twin: forbidden(target.resource),
    },
    {
      rule: `K8s ${title} Deleted`,
      does: `a ${target.kind} is deleted`,
      event: remove(target),
      clause: "kdelete",
      twin: { verb: "get" },
    },
  ]),
  {
    rule: "K8s Secret Get Successfully",
    does: "a secret is read",
    event: getSecret,
    clause: "secret",
    twin: { objectRef: reference(configMap) },
  },
  {
    rule: "K8s Secret Get Unsuccessfully Tried",
    does: "a secret is asked for and refused",
    event: { ...getSecret, ...forbidden("secrets") },
    clause: "not response_successful",
    twin: getSecret,
  },
  {
    rule: "All K8s Audit Events",
    does: "the API server's version is asked for",
    event: { verb: "get", uri: "/version", level: "Metadata", code: 200 },
    clause: "kall",
    twin: { stage: "ResponseStarted" },
    macros: on("consider_all_events", "k8s_audit_always_true"),
  },
  {
    rule: "Full K8s Administrative Access",
    does: "the cluster's administrator creates a namespace",
    event: { ...create(namespace), user: { username: "kubernetes-admin", groups: ["system:authenticated"] } },
    clause: "ka.user.name in (full_admin_k8s_users)",
    twin: { user: ada },
    macros: on("allowed_full_admin_users", "k8s_audit_never_true"),
  },
  {
    rule: "Ingress Object without TLS Certificate Created",
    does: "an ingress without TLS is created",
    event: create(ingress, { spec: { rules: [{ host: "web.example.com" }] } }),
    clause: "not ingress_tls",
    twin: object(ingress, {
      spec: { tls: [{ hosts: ["web.example.com"] }], rules: [{ host: "web.example.com" }] },
    }),
  },
  {
    rule: "Untrusted Node Successfully Joined the Cluster",
    does: "a node that is in no list joins",
    event: joins,
    clause: "response_successful",
    twin: forbidden("nodes"),
    macros: allNodes,
  },
  {
    rule: "Untrusted Node Unsuccessfully Tried to Join the Cluster",
    does: "a node that is in no list is refused",
    event: { ...joins, ...forbidden("nodes") },
    clause: "not ka.target.name in (allowed_k8s_nodes)",
    twin: { objectRef: reference({ ...node, name: "worker-1" }) },
    macros: `${allNodes}- list: allowed_k8s_nodes\n  items: [worker-1]\n`,
  },
];
