/** Starts the source k8s_audit where the settings have it on. */
import type { Alert } from "../../engine/alert.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";
import { hasAudit } from "../settings/together.ts";
import { takenCounter } from "./alert-post.ts";
import { AuditClient } from "./audit-client.ts";
import { auditData } from "./from-settings.ts";

export interface AuditContext {
  readonly hostname: string;
  /** Whether the agent runs in a pod. */
  readonly pod: boolean;
  readonly onAlerts: (alerts: readonly Alert[]) => void;
  readonly log: Log;
}

/** Its thread; undefined where it is off. */
export function openAudit(settings: Settings, context: AuditContext): AuditClient | undefined {
  const { hostname, pod, onAlerts, log } = context;
  const { syscall, k8s_audit } = settings.sources;
  if (!hasAudit(settings.sources)) return undefined;
  const { capacity } = settings.outputs_queue;
  const data = { ...auditData(settings, hostname, pod), taken: takenCounter(), capacity };
  return new AuditClient(data, { onAlerts, log, optional: syscall.enabled && k8s_audit.listen === "" });
}
