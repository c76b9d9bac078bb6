/** What a field of the source k8s_audit reads from: one audit Event. */
import type { Json } from "../events/json-value.ts";
import type { GenericContext } from "./context.ts";

export interface AuditContext extends GenericContext {
  /** The Event, parsed; a list of events was split before. */
  readonly audit: Json;
}
