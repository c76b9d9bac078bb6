/** One kind of object that counts matches: how it is made, looked at and counted through the API. */
import type { ApiRequest } from "../kube/client.ts";
import { ApiFault } from "../kube/fault.ts";
import type { Group, Seen } from "./group.ts";

export interface Kind {
  /** `alerts`, `events`: for metrics and messages. */
  readonly name: string;
  /** The count that an object has by being made. */
  readonly made: number;
  create(group: Group): ApiRequest;
  look(group: Group): ApiRequest;
  /** Sets the count to what stands there and what is under way (`unsure`), if the object is still as it was seen. */
  count(group: Group): ApiRequest;
  /** What an answer says of the object. @throws ApiFault (nonsense) */
  seen(object: unknown): Seen;
}

/** A new object. */
export const post = (path: string, object: object): ApiRequest => ({
  method: "POST",
  path,
  body: { type: "application/json", text: JSON.stringify(object) },
});

/** A merge patch (RFC 7396); an empty one gives the object and changes nothing, which is how one without `get` reads. */
export const mergePatch = (path: string, patch: object): ApiRequest => ({
  method: "PATCH",
  path,
  body: { type: "application/merge-patch+json", text: JSON.stringify(patch) },
});

/** The parts of any object that matter here. */
export interface AnyObject {
  readonly metadata?: { readonly uid?: unknown; readonly resourceVersion?: unknown };
}

/** An answer's uid and version. @throws ApiFault (nonsense) */
export function metaOf(object: unknown): { uid: string; version: string } {
  const { metadata } = (typeof object === "object" && object !== null ? object : {}) as AnyObject;
  const uid = metadata?.uid;
  const version = metadata?.resourceVersion;
  if (typeof uid !== "string" || typeof version !== "string")
    throw new ApiFault("nonsense", "the API server's answer is no object");
  return { uid, version };
}

/** A number that an object holds; 0 for none. */
export const countOf = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;

/** A text that an object holds; "" for none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
