/** Reads and writes objects: one request each over the kept connection, server-side apply under one field manager. */
import type { ApiRequest, KubeClient } from "../../agent/kube/client.ts";
import { ApiFault } from "../../agent/kube/fault.ts";
import { fieldManager, type KubeObject } from "./object.ts";
import { pathOf, resourceOf, type Resource } from "./resources.ts";

/** One object. */
export interface Ref {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListQuery {
  /** Left out: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page (100). Ten for large ones. */
  readonly limit?: number;
}

/** The object must be this one, or the delete is a conflict. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Someone else changed the object, or it is there already where it was to be made (HTTP 409). */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiFault && error.status === 409;
}

/** The object is not there (HTTP 404); a kind that the server does not know is another matter. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiFault && error.status === 404 && error.reason === "NotFound";
}

/** A write was asked for while another operator acts, or may. */
export class NotLeading extends Error {
  override readonly name = "NotLeading";

  constructor() {
    super(
      "this operator does not act: another one has the Lease, or the API server has not been reached for too long",
    );
  }
}

/** All methods reject with ApiFault; writes with NotLeading as well. `signal` gives up. */
export class ClusterClient {
  readonly #client: KubeClient;
  readonly #leads: () => boolean;

  /** `leads` is asked before each write. */
  constructor(client: KubeClient, leads: () => boolean = () => true) {
    this.#client = client;
    this.#leads = leads;
  }

  async #write(request: ApiRequest, signal: AbortSignal | undefined): Promise<unknown> {
    if (!this.#leads()) throw new NotLeading();
    return this.#client.ask(request, signal);
  }

  /** The object as it is now; undefined where it is not there. */
  async get<T extends KubeObject>({ resource, ...place }: Ref, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return (await this.#client.ask({ path: pathOf(resource, place) }, signal)) as T;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** All objects of a kind, page by page; ends with a fault of kind `gone` where the server forgot the list meanwhile. */
  async *list<T extends KubeObject>(
    resource: Resource,
    { namespace, limit = 100, ...selectors }: ListQuery = {},
    signal?: AbortSignal,
  ): AsyncGenerator<T> {
    let next = "";
    do {
      const items: T[] = [];
      const query = { ...selectors, limit: String(limit), ...(next !== "" && { continue: next }) };
      const reader = {
        take: (item: unknown) => items.push(item as T),
        leftOut: () => {
          throw new ApiFault("nonsense", `an object of kind ${resource.kind} is too long`);
        },
      };
      const page = await this.#client.list({ path: pathOf(resource, { namespace }), query }, reader, signal);
      yield* items;
      next = (page as { metadata?: { continue?: string } }).metadata?.continue ?? "";
    } while (next !== "");
  }

  /**
   * Makes the object as given, as far as it is given: what we applied before and is left out now goes, what others set stays.
   * Takes over fields of others. Status is not touched.
   */
  apply<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    return this.#apply(object, undefined, fieldManager, signal);
  }

  /** The same for its status alone. Where two controllers write parts of one status, each has a `manager` of its own. */
  applyStatus<T extends KubeObject>(object: T, signal?: AbortSignal, manager = fieldManager): Promise<T> {
    return this.#apply(object, "status", manager, signal);
  }

  async #apply<T extends KubeObject>(
    object: T,
    subresource: "status" | undefined,
    manager: string,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { namespace, name } = object.metadata;
    const request = {
      method: "PATCH",
      path: pathOf(resourceOf(object), { namespace, name, subresource }),
      query: { fieldManager: manager, force: "true" },
      body: { type: "application/apply-patch+yaml", text: JSON.stringify(object) },
    } as const;
    return (await this.#write(request, signal)) as T;
  }

  /** Makes an object that is not there yet; rejects with a conflict where it is. */
  async create<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    const request = {
      method: "POST",
      path: pathOf(resourceOf(object), { namespace: object.metadata.namespace }),
      query: { fieldManager },
      body: { type: "application/json", text: JSON.stringify(object) },
    } as const;
    return (await this.#write(request, signal)) as T;
  }

  /** A JSON merge patch (RFC 7386), or a JSON patch (RFC 6902) where it is a list. With a resourceVersion in it: only of that version. */
  async patch<T extends KubeObject>(
    { resource, ...place }: Ref & { readonly subresource?: "status" },
    patch: object,
    signal?: AbortSignal,
  ): Promise<T> {
    const type = Array.isArray(patch) ? "application/json-patch+json" : "application/merge-patch+json";
    const request = {
      method: "PATCH",
      path: pathOf(resource, place),
      query: { fieldManager },
      body: { type, text: JSON.stringify(patch) },
    } as const;
    return (await this.#write(request, signal)) as T;
  }

  /** Deletes, what it owns in the background; false where it was not there. */
  async delete(
    { resource, ...place }: Ref,
    preconditions: Preconditions = {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const options = { propagationPolicy: "Background", preconditions };
    const request = {
      method: "DELETE",
      path: pathOf(resource, place),
      body: { type: "application/json", text: JSON.stringify(options) },
    } as const;
    try {
      await this.#write(request, signal);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
}
