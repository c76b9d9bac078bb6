/** The one context object that every event of the source k8s_audit is shown through. */
import type { Json } from "../events/json-value.ts";
import type { AuditContext } from "../fields/audit-context.ts";
import { pathViews } from "../fields/context.ts";

export class AuditEvent implements AuditContext {
  audit: Json = null;
  readonly host: AuditContext["host"];
  readonly view = pathViews.asked;
  readonly overrides: AuditContext["overrides"];
  number = 0;
  time = 0n;
  firstTime = 0n;

  constructor(host: AuditContext["host"], overrides?: AuditContext["overrides"]) {
    this.host = host;
    this.overrides = overrides;
  }

  /** Shows an Event as the next one; `time` is ns since the epoch. */
  next(audit: Json, time: bigint): void {
    this.audit = audit;
    this.time = time;
    this.number++;
    if (this.number === 1) this.firstTime = time;
  }
}
