/** Audit Events as an API server of Kubernetes 1.34 posts them to its webhook: order of members, what is left out, texts. */

type Members = Readonly<Record<string, unknown>>;

/** An Event; its members are known to be objects. */
export type AuditEventObject = Readonly<Record<string, unknown>>;

export interface RequestFacts {
  readonly verb: string;
  readonly uri: string;
  readonly objectRef?: Members;
  readonly user?: Members;
  readonly level?: "Metadata" | "Request" | "RequestResponse";
  readonly stage?: "RequestReceived" | "ResponseStarted" | "ResponseComplete";
  readonly code?: number;
  /** Members of responseStatus beside the code. */
  readonly status?: Members;
  readonly requestObject?: Members;
  readonly responseObject?: Members;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Number of the event, which makes its id. */
  readonly number?: number;
}

/** Somebody who came by `kubectl` with a certificate. */
export const ada = { username: "ada", groups: ["devs", "system:authenticated"] };

const allowed = {
  "authorization.k8s.io/decision": "allow",
  "authorization.k8s.io/reason":
    'RBAC: allowed by ClusterRoleBinding "devs" of ClusterRole "edit" to Group "devs"',
};

/** One Event of an EventList: such items have neither kind nor apiVersion. */
export function auditEvent(facts: RequestFacts): AuditEventObject {
  const { level = "RequestResponse", stage = "ResponseComplete", number = 1, code = 201 } = facts;
  return {
    level,
    auditID: `8a3e51c4-6b5b-4f3c-a2a6-${String(number).padStart(12, "0")}`,
    stage,
    requestURI: facts.uri,
    verb: facts.verb,
    user: facts.user ?? ada,
    sourceIPs: ["10.20.30.40"],
    userAgent: "kubectl/v1.34.1 (linux/amd64) kubernetes/93248f9",
    ...(facts.objectRef && { objectRef: facts.objectRef }),
    ...(stage !== "RequestReceived" && { responseStatus: { metadata: {}, ...facts.status, code } }),
    ...(facts.requestObject && level !== "Metadata" && { requestObject: facts.requestObject }),
    ...(facts.responseObject && level === "RequestResponse" && { responseObject: facts.responseObject }),
    requestReceivedTimestamp: "2026-11-25T09:10:11.123456Z",
    stageTimestamp: "2026-11-25T09:10:11.130789Z",
    annotations: facts.annotations ?? allowed,
  };
}

/** The EventList that is posted. */
export function eventList(items: readonly unknown[]): string {
  return JSON.stringify({ kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items });
}

/** Creation of a namespace at level Metadata, as somebody posts it by hand. */
export function namespaceCreated(name: string, more: Partial<RequestFacts> = {}): AuditEventObject {
  return auditEvent({
    verb: "create",
    uri: "/api/v1/namespaces?fieldManager=kubectl-create&fieldValidation=Strict",
    objectRef: { resource: "namespaces", name, apiVersion: "v1" },
    level: "Metadata",
    annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
    ...more,
  });
}
