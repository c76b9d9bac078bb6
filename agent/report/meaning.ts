/** What a refusal means for the task that it answers. */
import type { ApiFault } from "../kube/fault.ts";
import type { Task } from "./group.ts";

export type Meaning =
  /** An object of that name is there. */
  | "taken"
  /** The object is no longer as it was seen. */
  | "conflict"
  /** There is no such object. */
  | "absent"
  /** There is no such namespace, or it is about to go. */
  | "namespace_gone"
  /** Nobody may do this, for now. */
  | "forbidden"
  /** The object will never be taken. */
  | "refused"
  /** The server does not know the kind. */
  | "not_served"
  /** The server did nothing, and may later. */
  | "later"
  /** The server may have done it. */
  | "unknown";

export function meaningOf({ status, kind, message }: ApiFault, task: Task): Meaning {
  switch (status) {
    case 409:
      return task === "create" ? "taken" : "conflict";
    case 404:
      if (message.includes("could not find the requested resource")) return "not_served";
      return task === "create" ? "namespace_gone" : "absent";
    case 403:
      // A server that has not read its roles yet.
      if (kind === "server") return "later";
      return message.includes("being terminated") ? "namespace_gone" : "forbidden";
    case 401:
    case 429:
      return "later";
  }
  return kind === "refused" ? "refused" : "unknown";
}
