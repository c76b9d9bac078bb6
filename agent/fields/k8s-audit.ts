/** ka.*, json.* and jevt.*: fields of the source k8s_audit, one event an audit Event object. All values are texts. */
import type { FieldInfo } from "../rules/catalogue.ts";

type More = Partial<Pick<FieldInfo, "type" | "list" | "argument" | "argumentKind">>;

const row = (name: string, help: string, example: string, more: More = {}): FieldInfo => ({
  type: "CHARBUF",
  list: false,
  argument: "none",
  ...more,
  name,
  help,
  example: `${name}${example}`,
});

const list = { list: true } as const;
const indexed = { list: true, argument: "optional", argumentKind: "index" } as const;
const keyed = { argument: "required", argumentKind: "key" } as const;

/** Fields that pods' containers, init containers and ephemeral containers share. */
// prettier-ignore
const ofContainers = (kind: string, title: string): FieldInfo[] => {
  const rows = [
    ["name", `Names of the ${title}.`, " intersects (web)"],
    ["image", `Images of the ${title}.`, ' intersects ("nginx:latest")'],
    ["image.repository", `Images of the ${title} without tag and digest.`, " intersects (nginx)"],
    ["args", `Arguments of the ${title}, each one's joined by blanks.`, ' intersects ("--debug")'],
    ["command", `Commands of the ${title}, each one's joined by blanks.`, " intersects (/bin/sh)"],
    ...(kind === "ephemeralContainers" ? [] : [["host_port", `Ports of the node that the ${title} take, else their own ports.`, ' intersects ("80")'] as const]),
    ["privileged", `Whether the ${title} are privileged; those that do not say are left out.`, " intersects (true)"],
    ["allow_privilege_escalation", `Whether the ${title} may gain privileges.`, " intersects (true)"],
    ["read_only_fs", `Whether the root file systems of the ${title} are read-only.`, " intersects (false)"],
    ["run_as_user", `User ids that the ${title} run as.`, ' intersects ("0")'],
    ["run_as_group", `Group ids that the ${title} run as.`, ' intersects ("0")'],
    ["eff_run_as_user", `User ids of the ${title}, else the pod's, else 0.`, ' intersects ("0")'],
    ["eff_run_as_group", `Group ids of the ${title}, else the pod's, else 0.`, ' intersects ("0")'],
    ["proc_mount", `How /proc is mounted in the ${title}.`, " intersects (Unmasked)"],
    ["add_capabilities", `Capabilities added to the ${title}, each one's as a JSON list.`, " intersects ('[\"SYS_ADMIN\"]')"],
  ] as const;
  return rows.map(([name, help, example]) => row(`ka.req.pod.${kind}.${name}`, help, example, indexed));
};

// prettier-ignore
export const kaFields: readonly FieldInfo[] = [
  row("ka.auditid", "Id of the request.", " exists"),
  row("ka.stage", "Stage of the request, such as ResponseComplete.", " = ResponseComplete"),
  row("ka.auth.decision", "Decision of the authorizer: allow or forbid.", " = forbid"),
  row("ka.auth.reason", "Reason that the authorizer gave.", " contains RBAC"),
  row("ka.auth.openshift.decision", "Decision of OpenShift's authentication.", " = error"),
  row("ka.auth.openshift.username", "User name that OpenShift's authentication was given.", " = admin"),
  row("ka.validations.admission.policy.failure", "What a ValidatingAdmissionPolicy objected to.", " exists"),
  row("ka.security.pod.violations", "What Pod Security admission objected to.", " contains privileged"),
  row("ka.user.name", "Name of the user who made the request.", " = admin"),
  row("ka.user.groups", "Groups of that user.", " intersects (system:masters)", list),
  row("ka.impuser.name", "Name of the user who was impersonated.", " = admin"),
  row("ka.verb", "Verb of the request.", " = create"),
  row("ka.uri", "Path and query of the request.", " startswith /api/v1/"),
  row("ka.uri.param", "Value of one parameter of the query.", "[command] = sh", keyed),
  row("ka.target.name", "Name of the object.", " = web"),
  row("ka.target.namespace", "Namespace of the object.", " = kube-system"),
  row("ka.target.resource", "Resource of the object.", " = pods"),
  row("ka.target.subresource", "Subresource of the object.", " = exec"),
  row("ka.target.pod.name", "Name of the pod in the answer.", " startswith web-"),
  row("ka.req.binding.subjects", "Subjects of a binding, each as JSON.", " exists", list),
  row("ka.req.binding.subjects.user_names", "Names of the users among them.", " intersects (admin)", list),
  row("ka.req.binding.subjects.serviceaccount_names", "Names of the service accounts among them.", " intersects (default)", list),
  row("ka.req.binding.subjects.serviceaccount_ns_names", "Service accounts among them as namespace:name.", ' intersects ("kube-system:default")', list),
  row("ka.req.binding.subjects.group_names", "Names of the groups among them.", " intersects (system:masters)", list),
  row("ka.req.binding.role", "Role of a binding.", " = cluster-admin"),
  row("ka.req.binding.subject.has_name", "Always true.", "[admin] = true", keyed),
  row("ka.req.configmap.name", "Name of the config map.", " = settings"),
  row("ka.req.configmap.obj", "Data of the config map as JSON.", " contains aws_access_key_id"),
  row("ka.req.container.image", "Image of the pod's first container.", " = nginx"),
  row("ka.req.container.image.repository", "That image without tag and digest.", " = nginx"),
  row("ka.req.container.host_network", "Whether the pod shares the node's network.", " = true"),
  row("ka.req.container.privileged", "Whether some container of the pod is privileged.", " = true"),
  row("ka.req.pod.host_ipc", "Whether the pod shares the node's IPC namespace.", " = true"),
  row("ka.req.pod.host_network", "Whether the pod shares the node's network.", " = true"),
  row("ka.req.pod.host_pid", "Whether the pod shares the node's PID namespace.", " = true"),
  row("ka.req.pod.run_as_user", "User id that the pod's containers run as.", ' = "0"'),
  row("ka.req.pod.run_as_group", "Group id that the pod's containers run as.", ' = "0"'),
  row("ka.req.pod.fs_group", "Group that owns the pod's volumes.", ' = "0"'),
  row("ka.req.pod.supplemental_groups", "Further groups of the pod's processes.", ' intersects ("0")', list),
  ...ofContainers("containers", "containers"),
  ...ofContainers("initContainers", "init containers"),
  ...ofContainers("ephemeralContainers", "ephemeral containers"),
  row("ka.req.role.rules", "Rules of a role, each as JSON.", " exists", list),
  row("ka.req.role.rules.apiGroups", "API groups of these rules.", ' intersects ("*")', indexed),
  row("ka.req.role.rules.nonResourceURLs", "Paths of these rules that are no resources.", " intersects (/healthz)", indexed),
  row("ka.req.role.rules.verbs", "Verbs of these rules.", ' intersects ("*")', indexed),
  row("ka.req.role.rules.resources", "Resources of these rules.", " intersects (secrets)", indexed),
  row("ka.req.service.type", "Type of the service.", " = NodePort"),
  row("ka.req.service.ports", "Ports of the service, each as JSON.", " exists", indexed),
  row("ka.req.pod.volumes.hostpath", "Paths of the node that the pod mounts.", " intersects (/etc)", indexed),
  row("ka.req.volume.hostpath", "Whether the pod mounts that path of the node, or with a * at its end one below it.", "[/etc*] = true", keyed),
  row("ka.req.pod.volumes.flexvolume_driver", "Drivers of the pod's flex volumes.", " exists", indexed),
  row("ka.req.pod.volumes.volume_type", "Types of the pod's volumes.", " intersects (hostPath)", indexed),
  row("ka.resp.name", "Name of the object in the answer.", " = web"),
  row("ka.response.code", "Status code of the answer.", ' = "403"'),
  row("ka.response.reason", "Reason in the answer's status.", " = Forbidden"),
  row("ka.useragent", "Program that made the request.", " startswith kubectl"),
  row("ka.sourceips", "Addresses that the request came from.", " intersects (10.0.0.1)", indexed),
  row("ka.cluster.name", "Name of the cluster.", " = production"),
];

/** The json plugin's fields, which also go by its older name jevt. */
// prettier-ignore
export const jsonFields: readonly FieldInfo[] = ["json", "jevt"].flatMap((prefix) => [
  row(`${prefix}.value`, "Value at a JSON pointer.", "[/verb] = create", keyed),
  row(`${prefix}.obj`, "The whole event, indented.", " exists"),
  row(`${prefix}.rawtime`, "Time of the event, ns since the epoch, as text.", " exists"),
]);
