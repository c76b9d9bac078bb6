/** Our kinds, and where the API server keeps them. */
import type { AlertSink } from "./generated/alertsinks.ts";
import type { FalcoRule } from "./generated/falcorules.ts";
import type { NodeAgent } from "./generated/nodeagents.ts";
import type { SecurityAlert } from "./generated/securityalerts.ts";

/** The type of each kind's objects. */
export interface Resources {
  readonly FalcoRule: FalcoRule;
  readonly AlertSink: AlertSink;
  readonly SecurityAlert: SecurityAlert;
  readonly NodeAgent: NodeAgent;
}
export type Kind = keyof Resources;

export const group = "tiercel.dev";
export const version = "v1alpha1";

export const resources: Readonly<Record<Kind, { readonly plural: string; readonly namespaced: boolean }>> = {
  FalcoRule: { plural: "falcorules", namespaced: true },
  AlertSink: { plural: "alertsinks", namespaced: true },
  SecurityAlert: { plural: "securityalerts", namespaced: true },
  NodeAgent: { plural: "nodeagents", namespaced: false },
};
