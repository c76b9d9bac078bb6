/** Objects as the Kubernetes API gives them. */
import type { KubeObject } from "../../kube/stand-in.ts";

export type Labels = Readonly<Record<string, string>>;

interface Meta {
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Labels;
  readonly owner?: readonly [kind: string, name: string];
  readonly [key: string]: unknown;
}

const versions: Readonly<Record<string, string>> = {
  ReplicaSet: "apps/v1",
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  ReplicationController: "v1",
  Node: "v1",
};

/** Uid of an object that `made` makes, where none is given. */
export const uidOf = (kind: string, name: string) => `${kind.toLowerCase()}-${name}`;

/** Any object; `owner` names its controller, whose uid is that which `made` gives it. */
export function made(kind: string, name: string, meta: Meta = {}, more: object = {}): KubeObject {
  const { owner, uid = uidOf(kind, name), ...rest } = meta;
  const reference = owner && {
    ownerReferences: [
      { apiVersion: "v1", kind: "Other", name: "x", uid: "x" },
      {
        apiVersion: versions[owner[0]],
        kind: owner[0],
        name: owner[1],
        uid: uidOf(...owner),
        controller: true,
      },
    ],
  };
  const namespaced = kind === "Namespace" ? {} : { namespace: "default" };
  return {
    kind,
    metadata: { name, ...namespaced, uid, managedFields: [{ manager: "x" }], ...reference, ...rest },
    ...more,
  };
}

export interface PodMeta extends Meta {
  readonly node?: string;
  readonly ip?: string;
  readonly containers?: readonly object[];
  readonly initContainers?: readonly object[];
}

export function pod(name: string, meta: PodMeta = {}): KubeObject {
  const { node = "node-1", ip = "10.0.0.1", containers = [{ name: "main" }], initContainers, ...rest } = meta;
  return made("Pod", name, rest, {
    spec: { nodeName: node, containers, ...(initContainers && { initContainers }) },
    status: { podIP: ip },
  });
}

export function service(name: string, selector: Labels | undefined, meta: Meta = {}): KubeObject {
  return made("Service", name, meta, { spec: selector === undefined ? {} : { selector } });
}
