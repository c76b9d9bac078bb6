/** Any object of the API: its key, its owner, and what of it is worth keeping. */
import type { ManagedFields, ObjectMeta, OwnerReference } from "../api/object-meta.ts";
import { apiVersionOf, type Resource } from "./resources.ts";

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** `namespace/name`, or the name alone where there is no namespace: what queues and informers call an object by. */
export function keyOf({
  namespace,
  name,
}: {
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** The parts of a key; the namespace is "" where there is none. */
export function fromKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, Math.max(0, slash)), name: key.slice(slash + 1) };
}

/**
 * The reference that makes the garbage collector take an object once its owner is gone. The owner is in the same namespace,
 * or cluster-scoped. It does not block its owner's deletion, which would take a right on the owner's finalizers.
 */
export function ownedBy(
  resource: Resource,
  owner: { readonly name: string; readonly uid: string },
): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.name,
    uid: owner.uid,
    controller: true,
    blockOwnerDeletion: false,
  };
}

/** Name under which we write by server-side apply. */
export const fieldManager = "tiercel-operator";

/** When it was written wakes whoever compares, and tells nothing. */
function withoutTime({
  manager,
  operation,
  apiVersion,
  subresource,
  fieldsV1,
}: ManagedFields): ManagedFields {
  return {
    ...(manager !== undefined && { manager }),
    ...(operation !== undefined && { operation }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(subresource !== undefined && { subresource }),
    ...(fieldsV1 !== undefined && { fieldsV1 }),
  };
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * An object without what nobody here reads and what is often most of it: other managers' fields, and kubectl's copy of the
 * whole. Our own managed fields stay: they tell whether an apply would change something (would-change.ts).
 */
export function slim<T extends KubeObject>(object: T): T {
  const { managedFields, annotations, ...metadata } = object.metadata;
  const ours = (managedFields ?? []).filter(({ manager }) => manager === fieldManager).map(withoutTime);
  const kept = Object.entries(annotations ?? {}).filter(([name]) => name !== lastApplied);
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(ours.length > 0 && { managedFields: ours }),
      ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
    },
  };
}
