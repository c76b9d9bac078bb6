/** Names and labels of what belongs to agents. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { AgentOptions, Installation } from "./options.ts";

/** What an object belongs to, in the label app.kubernetes.io/component. */
export type Component = "agent" | "audit";

/** Name of the objects of a component. */
export const nameOf = ({ name }: Pick<Installation, "name">, component: Component): string =>
  `${name}-${component}`;

/**
 * Labels that find the pods of a component. A DaemonSet's selector can never be changed, so these are fixed for ever:
 * nothing that a user or a release may change belongs here.
 */
export function selectorLabels({ name }: Installation, component: Component): Record<string, string> {
  return {
    "app.kubernetes.io/name": "tiercel",
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/component": component,
  };
}

/** All labels of an object; the user's own come first, so that none of ours can be taken. */
export function labels(
  installation: Installation,
  component: Component,
  { labels: own }: Pick<AgentOptions, "labels">,
): Record<string, string> {
  return {
    ...own,
    ...selectorLabels(installation, component),
    "app.kubernetes.io/managed-by": "tiercel-operator",
  };
}

/** Metadata of an object: owned by the operator's Deployment, so that an uninstall leaves nothing. */
export function metadata(
  installation: Installation,
  component: Component,
  options: Pick<AgentOptions, "labels">,
): V1ObjectMeta & { name: string; namespace: string } {
  const { namespace, owner } = installation;
  return {
    name: nameOf(installation, component),
    namespace,
    labels: labels(installation, component, options),
    ...(owner !== undefined && { ownerReferences: [owner] }),
  };
}
