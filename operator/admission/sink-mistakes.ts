/** What an AlertSink may not be in its namespace: a CRD does not see that. The chart's policy says the same in CEL. */
import type { AlertSink } from "../api/generated/alertsinks.ts";

/** Kinds that write on every node of the cluster: only those who run the cluster may ask for them. */
const nodeKinds = ["stdout", "file", "syslog"] as const;

/** Mistakes, with their paths. */
export function sinkMistakes(spec: AlertSink["spec"], isOperators: boolean): string[] {
  if (isOperators) return [];
  return nodeKinds
    .filter((kind) => spec[kind] !== undefined)
    .map(
      (kind) =>
        `spec.${kind}: only an AlertSink in the operator's namespace may be of this kind, since it writes on all nodes`,
    );
}
