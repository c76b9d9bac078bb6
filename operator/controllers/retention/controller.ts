/** Deletes SecurityAlerts that are too old or too many (settings operator.retention), a namespace at a time. */
import type { SecurityAlert } from "../../api/generated/securityalerts.ts";
import { isConflict } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import { fromKey, keyOf, type KubeObject } from "../../kube/object.ts";
import { resources } from "../../kube/resources.ts";
import type { Again } from "../../kube/work-queue.ts";
import { planRetention, type AlertView, type Retention } from "./plan.ts";

/** Deleted in one go; then others have their turn. */
const BATCH = 50;

/** Milliseconds between goes of one namespace. */
const PAUSE = 5000;

/** The longest timer, ms: a day. */
const longestWait = 86_400_000;

function projectAlert(raw: KubeObject): AlertView {
  const { metadata, status = {} } = raw as unknown as SecurityAlert;
  const seen = Date.parse(status.lastSeen ?? metadata.creationTimestamp ?? "");
  return {
    key: keyOf(raw.metadata),
    namespace: metadata.namespace ?? "",
    uid: metadata.uid ?? "",
    closed: status.state === "Closed",
    seen: Number.isNaN(seen) ? 0 : seen,
  };
}

export function retentionController(context: Context, retention: Retention): Controller {
  const { client, informers, clock, log } = context;
  const alerts = informers.open({ resource: resources.securityAlerts, project: projectAlert, limit: 100 });
  /** Alerts by namespace, so that a change in one does not go through all. */
  const byNamespace = new Map<string, Map<string, AlertView>>();
  const put = (key: string, after: AlertView | undefined) => {
    const { namespace } = fromKey(key);
    const known = byNamespace.get(namespace) ?? new Map<string, AlertView>();
    if (after === undefined) known.delete(key);
    else known.set(key, after);
    if (known.size === 0) byNamespace.delete(namespace);
    else byNamespace.set(namespace, known);
  };
  alerts.onChange(({ key, after }) => put(key, after));

  const reconcile = async (namespace: string, signal: AbortSignal): Promise<Again | void> => {
    const all = [...(byNamespace.get(namespace)?.values() ?? [])];
    const { remove, after } = planRetention(all, retention, clock.now());
    const batch = remove.slice(0, BATCH);
    for (const { key, uid } of batch) await removeAlert(key, uid, signal);
    if (batch.length > 0)
      log(
        "info",
        `${batch.length} SecurityAlerts of namespace ${namespace} were deleted: too old, or too many`,
      );
    if (remove.length > batch.length) return { after: PAUSE };
    return after === undefined ? undefined : { after: Math.min(after, longestWait) };
  };
  const removeAlert = async (key: string, uid: string, signal: AbortSignal) => {
    try {
      await client.delete({ resource: resources.securityAlerts, ...fromKey(key) }, { uid }, signal);
    } catch (error) {
      // Another one has its name by now.
      if (!isConflict(error)) throw error;
    }
  };
  return {
    name: "retention",
    watches: [
      watch(alerts, function* ({ key, before }) {
        // Being seen again makes none older: only new ones, and the first look, give something to do.
        if (before === undefined) yield fromKey(key).namespace;
      }),
    ],
    reconcile,
  };
}
