/**
 * What the API does with the few requests that agent/report sends, as a model: for faults that a real server cannot be
 * made to give (test/cluster/report.test.ts has the real one), and for time that tests move.
 */
import type { ApiRequest } from "../../../agent/kube/client.ts";
import { ApiFault, statusFault } from "../../../agent/kube/fault.ts";

export interface MadeObject {
  kind: string;
  metadata: { name: string; uid: string; resourceVersion: string; [key: string]: unknown };
  status?: Record<string, unknown>;
  series?: Record<string, unknown>;
  [key: string]: unknown;
}

/** What goes wrong with one request. */
export type Fault =
  "none" | "lost before" | "lost after" | "throttled" | "error after" | "error before" | "unauthorized";

export class MadeApi {
  readonly objects = new Map<string, MadeObject>();
  readonly requests: ApiRequest[] = [];
  /** Asked for each request. */
  fault: () => Fault = () => "none";
  /** Answers instead of the model where it gives a fault. */
  refuse: (request: ApiRequest) => ApiFault | undefined = () => undefined;
  #version = 0;

  readonly ask = async (request: ApiRequest): Promise<unknown> => {
    this.requests.push(request);
    const fault = this.fault();
    await Promise.resolve();
    if (fault === "lost before") throw new ApiFault("network", "ECONNRESET");
    if (fault === "throttled") throw statusFault(429, "later");
    if (fault === "unauthorized") throw statusFault(401, "who");
    if (fault === "error before") throw statusFault(500, "no");
    const refused = this.refuse(request);
    if (refused !== undefined) throw refused;
    const answer = structuredClone(this.#answer(request));
    if (fault === "lost after") throw new ApiFault("timeout", "no answer in time");
    if (fault === "error after") throw statusFault(504, "etcd timed out");
    return answer;
  };

  /** Objects of a kind, as `kubectl get` would list them. */
  of(kind: string): MadeObject[] {
    return [...this.objects.values()].filter((object) => object.kind === kind);
  }

  /** Somebody edits an object. */
  edit(object: MadeObject, change: (object: MadeObject) => void): void {
    change(object);
    object.metadata.resourceVersion = String(++this.#version);
  }

  #answer({ method, path, body }: ApiRequest): MadeObject {
    const sent = JSON.parse(body?.text ?? "{}") as MadeObject;
    if (method === "POST") {
      const at = `${path}/${sent.metadata.name}`;
      if (this.objects.has(at)) throw statusFault(409, { message: "already exists" });
      const made = { ...sent };
      delete made.status;
      const version = String(++this.#version);
      const object = {
        ...made,
        kind: sent.kind,
        metadata: { ...sent.metadata, uid: `uid-${version}`, resourceVersion: version },
      };
      this.objects.set(at, object);
      return object;
    }
    const ofStatus = path.endsWith("/status");
    const object = this.objects.get(ofStatus ? path.slice(0, -"/status".length) : path);
    if (object === undefined) throw statusFault(404, { message: `"${path}" not found` });
    const { metadata, ...patch } = sent as Partial<MadeObject>;
    const version = metadata?.resourceVersion;
    if (version !== undefined && version !== object.metadata.resourceVersion)
      throw statusFault(409, { message: "the object has been modified" });
    const before = JSON.stringify(object);
    for (const [key, value] of Object.entries(patch)) {
      if (ofStatus !== (key === "status")) continue;
      object[key] = { ...(object[key] as object), ...(value as object) };
    }
    if (JSON.stringify(object) !== before) object.metadata.resourceVersion = String(++this.#version);
    return object;
  }
}

/** What an object counts. */
export function countOf({ kind, status, series }: MadeObject): number {
  return Number(kind === "Event" ? (series?.["count"] ?? 1) : (status?.["count"] ?? 0));
}
