/** The Lease that operators share to find who of them acts. */
import type { KubeClient } from "../../agent/kube/client.ts";
import type { OwnerReference } from "../api/object-meta.ts";
import { isMissing } from "./cluster-client.ts";
import { ownedBy, type KubeObject } from "./object.ts";
import { pathOf, resources, apiVersionOf } from "./resources.ts";

export interface LeaseRecord {
  /** Who acts; "" for nobody. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often the holder changed. */
  readonly transitions: number;
}

/** A record as it was read or written, with the version that a change of it must name. */
export interface SeenLease {
  readonly record: LeaseRecord;
  readonly version: string;
}

export interface LeaseStore {
  /** Undefined where there is none yet. */
  get(): Promise<SeenLease | undefined>;
  /** Rejects with a conflict where somebody else made it. */
  create(record: LeaseRecord): Promise<SeenLease>;
  /** Rejects with a conflict where it is not of that version any more. */
  update(record: LeaseRecord, version: string): Promise<SeenLease>;
}

/** Milliseconds as Kubernetes writes its MicroTime: six decimals, or it is refused. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");
}

interface LeaseObject {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

function seen(answer: unknown): SeenLease {
  const { metadata, spec = {} } = answer as LeaseObject;
  return {
    version: metadata?.resourceVersion ?? "",
    record: {
      holder: spec.holderIdentity ?? "",
      durationSeconds: spec.leaseDurationSeconds ?? 0,
      acquireTime: spec.acquireTime ?? "",
      renewTime: spec.renewTime ?? "",
      transitions: spec.leaseTransitions ?? 0,
    },
  };
}

const specOf = (record: LeaseRecord) => ({
  holderIdentity: record.holder,
  leaseDurationSeconds: record.durationSeconds,
  acquireTime: record.acquireTime,
  renewTime: record.renewTime,
  leaseTransitions: record.transitions,
});

/**
 * The Lease of that name in the API. Where there is a Deployment of its name it owns the Lease, so that an uninstall takes it;
 * an operator that ends meanwhile makes it once more, of an owner that is gone, and it goes again.
 */
export function leaseStore(client: KubeClient, namespace: string, name: string): LeaseStore {
  const all = pathOf(resources.leases, { namespace });
  const path = pathOf(resources.leases, { namespace, name });
  let owner: { readonly ownerReferences?: readonly OwnerReference[] } | undefined;
  const look = async () => {
    try {
      const { metadata } = (await client.ask({
        path: pathOf(resources.deployments, { namespace, name }),
      })) as KubeObject;
      owner = { ownerReferences: [ownedBy(resources.deployments, { name, uid: metadata.uid! })] };
    } catch (error) {
      if (isMissing(error)) owner = {};
      // Else it is looked for again: who acts matters more than who owns.
    }
  };
  return {
    async get() {
      if (owner === undefined) await look();
      try {
        return seen(await client.ask({ path }));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async create(record) {
      const object = {
        apiVersion: apiVersionOf(resources.leases),
        kind: resources.leases.kind,
        metadata: { name, namespace, ...owner },
        spec: specOf(record),
      };
      const body = { type: "application/json", text: JSON.stringify(object) };
      return seen(await client.ask({ method: "POST", path: all, body }));
    },
    async update(record, version) {
      const patch = { metadata: { resourceVersion: version, ...owner }, spec: specOf(record) };
      const body = { type: "application/merge-patch+json", text: JSON.stringify(patch) };
      return seen(await client.ask({ method: "PATCH", path, body }));
    },
  };
}
