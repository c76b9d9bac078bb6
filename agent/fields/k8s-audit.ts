/**
 * ka.*, json.* and jevt.*: fields of the source k8s_audit, one event an audit Event object. All values are texts. An
 * Event without auditID is none: every ka field of it is missing.
 */
import type { Json } from "../events/json-value.ts";
import type { FieldInfo, Value } from "../rules/catalogue.ts";
import type { AuditContext } from "./audit-context.ts";
import { asText, at, elements, pointerKeys, textAt } from "./audit-json.ts";
import {
  hostPath,
  imageRepository,
  ofEachContainer,
  queryParameter,
  subjects,
  targetPod,
  texts,
  type ReadAudit,
} from "./audit-values.ts";
import { evtFields } from "./evt.ts";
import type { Field } from "./field.ts";

type More = Partial<Pick<FieldInfo, "list" | "argument" | "argumentKind">>;

const row = (
  name: string,
  help: string,
  example: string,
  read: ReadAudit,
  more: More = {},
): Field<AuditContext> => ({
  type: "CHARBUF",
  list: false,
  argument: "none",
  ...more,
  name,
  help,
  example: `${name}${example}`,
  bind: (use) => {
    const { argument } = use;
    return (c) => read(c, argument);
  },
});

/** A row of ka.*: nothing of an Event without auditID. */
const ka = (
  name: string,
  help: string,
  example: string,
  read: (event: Json, argument: string | undefined) => Value,
  more: More = {},
) =>
  row(
    `ka.${name}`,
    help,
    example,
    ({ audit }, argument) => (at(audit, auditId) === undefined ? undefined : read(audit, argument)),
    more,
  );
const auditId = ["auditID"];

/** Text at a JSON pointer. */
const pointer = (path: string) => {
  const keys = pointerKeys(path);
  return (event: Json) => textAt(event, keys);
};

const list = { list: true } as const;
const indexed = { list: true, argument: "optional", argumentKind: "index" } as const;
const keyed = { argument: "required", argumentKind: "key" } as const;

/** Fields that pods' containers, init containers and ephemeral containers share: what is read of each container. */
// prettier-ignore
const ofContainers = (kind: string, title: string): Field<AuditContext>[] => {
  const rows = [
    ["name", `Names of the ${title}.`, " intersects (web)", "name"],
    ["image", `Images of the ${title}.`, ' intersects ("nginx:latest")', "image"],
    ["image.repository", `Images of the ${title} without tag and digest.`, " intersects (nginx)", "repository"],
    ["args", `Arguments of the ${title}, each one's joined by blanks.`, ' intersects ("--debug")', "args"],
    ["command", `Commands of the ${title}, each one's joined by blanks.`, " intersects (/bin/sh)", "command"],
    ...(kind === "ephemeralContainers" ? [] : [["host_port", `Ports of the node that the ${title} take, else their own ports.`, ' intersects ("80")', "hostPort"] as const]),
    ["privileged", `Whether the ${title} are privileged; those that do not say are left out.`, " intersects (true)", "securityContext/privileged"],
    ["allow_privilege_escalation", `Whether the ${title} may gain privileges.`, " intersects (true)", "securityContext/allowPrivilegeEscalation"],
    ["read_only_fs", `Whether the root file systems of the ${title} are read-only.`, " intersects (false)", "securityContext/readOnlyRootFilesystem"],
    ["run_as_user", `User ids that the ${title} run as.`, ' intersects ("0")', "securityContext/runAsUser"],
    ["run_as_group", `Group ids that the ${title} run as.`, ' intersects ("0")', "securityContext/runAsGroup"],
    ["eff_run_as_user", `User ids of the ${title}, else the pod's, else 0.`, ' intersects ("0")', "effective/runAsUser"],
    ["eff_run_as_group", `Group ids of the ${title}, else the pod's, else 0.`, ' intersects ("0")', "effective/runAsGroup"],
    ["proc_mount", `How /proc is mounted in the ${title}.`, " intersects (Unmasked)", "securityContext/procMount"],
    ["add_capabilities", `Capabilities added to the ${title}, each one's as a JSON list.`, " intersects ('[\"SYS_ADMIN\"]')", "securityContext/capabilities/add"],
  ] as const;
  return rows.map(([name, help, example, what]) => ka(`req.pod.${kind}.${name}`, help, example, ofEachContainer(kind, what), indexed));
};

/** Of pods with one container, as rules before lists were there meant it. */
const firstRepository = (event: Json) => {
  const image = textAt(event, pointerKeys("/requestObject/spec/containers/0/image"));
  return image === undefined ? undefined : imageRepository(image);
};
const privileged = pointerKeys("/securityContext/privileged");
const somePrivileged = (event: Json) => {
  const containers = elements(at(event, pointerKeys("/requestObject/spec/containers")), undefined);
  if (containers.length === 0) return undefined;
  return String(containers.some((container) => at(container, privileged) === true));
};

/** Kinds of a pod's volumes: what keys they have besides their name. */
const volumeTypes = (event: Json, argument: string | undefined) => {
  const index = argument === undefined ? undefined : Number(argument);
  const kinds = elements(at(event, pointerKeys("/requestObject/spec/volumes")), index).flatMap((volume) =>
    volume === null || typeof volume !== "object"
      ? []
      : Object.keys(volume)
          .filter((key) => key !== "name")
          .map(asText),
  );
  return kinds.length === 0 ? undefined : kinds;
};

// prettier-ignore
export const kaFields: readonly Field<AuditContext>[] = [
  ka("auditid", "Id of the request.", " exists", pointer("/auditID")),
  ka("stage", "Stage of the request, such as ResponseComplete.", " = ResponseComplete", pointer("/stage")),
  ka("auth.decision", "Decision of the authorizer: allow or forbid.", " = forbid", pointer("/annotations/authorization.k8s.io~1decision")),
  ka("auth.reason", "Reason that the authorizer gave.", " contains RBAC", pointer("/annotations/authorization.k8s.io~1reason")),
  ka("auth.openshift.decision", "Decision of OpenShift's authentication.", " = error", pointer("/annotations/authentication.openshift.io~1decision")),
  ka("auth.openshift.username", "User name that OpenShift's authentication was given.", " = admin", pointer("/annotations/authentication.openshift.io~1username")),
  ka("validations.admission.policy.failure", "What a ValidatingAdmissionPolicy objected to.", " exists", pointer("/annotations/validation.policy.admission.k8s.io~1validation_failure")),
  ka("security.pod.violations", "What Pod Security admission objected to.", " contains privileged", pointer("/annotations/pod-security.kubernetes.io~1audit-violations")),
  ka("user.name", "Name of the user who made the request.", " = admin", pointer("/user/username")),
  ka("user.groups", "Groups of that user.", " intersects (system:masters)", texts("/user/groups"), list),
  ka("impuser.name", "Name of the user who was impersonated.", " = admin", pointer("/impersonatedUser/username")),
  ka("verb", "Verb of the request.", " = create", pointer("/verb")),
  ka("uri", "Path and query of the request.", " startswith /api/v1/", pointer("/requestURI")),
  ka("uri.param", "Value of one parameter of the query.", "[command] = sh", queryParameter, keyed),
  ka("target.name", "Name of the object.", " = web", pointer("/objectRef/name")),
  ka("target.namespace", "Namespace of the object.", " = kube-system", pointer("/objectRef/namespace")),
  ka("target.resource", "Resource of the object.", " = pods", pointer("/objectRef/resource")),
  ka("target.subresource", "Subresource of the object.", " = exec", pointer("/objectRef/subresource")),
  ka("target.pod.name", "Name of the pod in the answer.", " startswith web-", targetPod),
  ka("req.binding.subjects", "Subjects of a binding, each as JSON.", " exists", texts("/requestObject/subjects"), list),
  ka("req.binding.subjects.user_names", "Names of the users among them.", " intersects (admin)", subjects("User"), list),
  ka("req.binding.subjects.serviceaccount_names", "Names of the service accounts among them.", " intersects (default)", subjects("ServiceAccount"), list),
  ka("req.binding.subjects.serviceaccount_ns_names", "Service accounts among them as namespace:name.", ' intersects ("kube-system:default")', subjects("ServiceAccount", true), list),
  ka("req.binding.subjects.group_names", "Names of the groups among them.", " intersects (system:masters)", subjects("Group"), list),
  ka("req.binding.role", "Role of a binding.", " = cluster-admin", pointer("/requestObject/roleRef/name")),
  ka("req.binding.subject.has_name", "Always true.", "[admin] = true", () => "true", keyed),
  ka("req.configmap.name", "Name of the config map.", " = settings", pointer("/objectRef/name")),
  ka("req.configmap.obj", "Data of the config map as JSON.", " contains aws_access_key_id", pointer("/requestObject/data")),
  ka("req.container.image", "Image of the pod's first container.", " = nginx", pointer("/requestObject/spec/containers/0/image")),
  ka("req.container.image.repository", "That image without tag and digest.", " = nginx", firstRepository),
  ka("req.container.host_network", "Whether the pod shares the node's network.", " = true", pointer("/requestObject/spec/hostNetwork")),
  ka("req.container.privileged", "Whether some container of the pod is privileged.", " = true", somePrivileged),
  ka("req.pod.host_ipc", "Whether the pod shares the node's IPC namespace.", " = true", pointer("/requestObject/spec/hostIPC")),
  ka("req.pod.host_network", "Whether the pod shares the node's network.", " = true", pointer("/requestObject/spec/hostNetwork")),
  ka("req.pod.host_pid", "Whether the pod shares the node's PID namespace.", " = true", pointer("/requestObject/spec/hostPID")),
  ka("req.pod.run_as_user", "User id that the pod's containers run as.", ' = "0"', pointer("/requestObject/spec/securityContext/runAsUser")),
  ka("req.pod.run_as_group", "Group id that the pod's containers run as.", ' = "0"', pointer("/requestObject/spec/securityContext/runAsGroup")),
  ka("req.pod.fs_group", "Group that owns the pod's volumes.", ' = "0"', pointer("/requestObject/spec/securityContext/fsGroup")),
  ka("req.pod.supplemental_groups", "Further groups of the pod's processes.", ' intersects ("0")', texts("/requestObject/spec/securityContext/supplementalGroups"), list),
  ...ofContainers("containers", "containers"),
  ...ofContainers("initContainers", "init containers"),
  ...ofContainers("ephemeralContainers", "ephemeral containers"),
  ka("req.role.rules", "Rules of a role, each as JSON.", " exists", texts("/requestObject/rules"), list),
  ka("req.role.rules.apiGroups", "API groups of these rules.", ' intersects ("*")', texts("/requestObject/rules", "apiGroups"), indexed),
  ka("req.role.rules.nonResourceURLs", "Paths of these rules that are no resources.", " intersects (/healthz)", texts("/requestObject/rules", "nonResourceURLs"), indexed),
  ka("req.role.rules.verbs", "Verbs of these rules.", ' intersects ("*")', texts("/requestObject/rules", "verbs"), indexed),
  ka("req.role.rules.resources", "Resources of these rules.", " intersects (secrets)", texts("/requestObject/rules", "resources"), indexed),
  ka("req.service.type", "Type of the service.", " = NodePort", pointer("/requestObject/spec/type")),
  ka("req.service.ports", "Ports of the service, each as JSON.", " exists", texts("/requestObject/spec/ports"), indexed),
  ka("req.pod.volumes.hostpath", "Paths of the node that the pod mounts.", " intersects (/etc)", texts("/requestObject/spec/volumes", "hostPath/path"), indexed),
  ka("req.volume.hostpath", "Whether the pod mounts that path of the node, or with a * at its end one below it.", "[/etc*] = true", hostPath, keyed),
  ka("req.pod.volumes.flexvolume_driver", "Drivers of the pod's flex volumes.", " exists", texts("/requestObject/spec/volumes", "flexVolume/driver"), indexed),
  ka("req.pod.volumes.volume_type", "Types of the pod's volumes.", " intersects (hostPath)", volumeTypes, indexed),
  ka("resp.name", "Name of the object in the answer.", " = web", pointer("/responseObject/metadata/name")),
  ka("response.code", "Status code of the answer.", ' = "403"', pointer("/responseStatus/code")),
  ka("response.reason", "Reason in the answer's status.", " = Forbidden", pointer("/responseStatus/reason")),
  ka("useragent", "Program that made the request.", " startswith kubectl", pointer("/userAgent")),
  ka("sourceips", "Addresses that the request came from.", " intersects (10.0.0.1)", texts("/sourceIPs"), indexed),
  ka("cluster.name", "Name of the cluster.", " = production", pointer("/annotations/cluster_name")),
];

/** The json plugin's fields, which also go by its older name jevt. */
// prettier-ignore
export const jsonFields: readonly Field<AuditContext>[] = ["json", "jevt"].flatMap((prefix) => [
  row(`${prefix}.value`, "Value at a JSON pointer.", "[/verb] = create", ({ audit }, path) => textAt(audit, pointerKeys(path!)), keyed),
  row(`${prefix}.obj`, "The whole event, indented.", " exists", ({ audit }) => asText(JSON.stringify(audit, null, 2))),
  row(`${prefix}.rawtime`, "Time of the event, ns since the epoch, as text.", " exists", ({ time }) => String(time)),
]);

const summary = ["/user/username", "/verb", "/requestURI"].map(pointerKeys);

/** evt.* of this source. */
export const auditGenericFields: readonly Field<AuditContext>[] = evtFields<AuditContext>({
  source: "k8s_audit",
  pluginName: () => "k8saudit",
  pluginInfo: ({ audit }) => summary.map((keys) => textAt(audit, keys) ?? "-").join(" "),
});
