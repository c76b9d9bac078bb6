/** What main thread and audit thread say to each other. All plain data. */
import type { Alert } from "../../engine/alert.ts";
import type { AlertRate } from "../../engine/rule-counts.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { CredentialFiles } from "../../sources/k8s-audit/credentials.ts";
import type { LogLevel } from "../log.ts";
import type { Counters } from "./counters.ts";

/** Given to the audit thread at its start. */
export interface AuditThreadData {
  readonly hostname: string;
  readonly address: string;
  readonly port: number;
  readonly files: CredentialFiles;
  readonly matching: "all" | "first";
  readonly rate: AlertRate;
  readonly staticFields: ReadonlyMap<string, string>;
  readonly base64Buffers: boolean;
  /** Alerts that the main thread has taken (alert-post.ts). */
  readonly taken: Int32Array;
  /** Alerts that may be under way to it. */
  readonly capacity: number;
}

export type ToAudit =
  { readonly kind: "rules"; readonly id: number; readonly plan: RuleSetPlan } | { readonly kind: "stop" };

export type FromAudit =
  /** It listens there (URL without path). */
  | { readonly kind: "listening"; readonly url: string }
  /** It cannot; the message is for the user, the code the system's. The thread ends. */
  | { readonly kind: "refused"; readonly code: string | undefined; readonly message: string }
  /** The rule set of that id is in force. */
  | { readonly kind: "rules"; readonly id: number }
  /** It could not be compiled; what ran before goes on. */
  | { readonly kind: "rulesFailed"; readonly id: number; readonly message: string }
  | { readonly kind: "alerts"; readonly alerts: readonly Alert[] }
  | { readonly kind: "counters"; readonly counters: Counters }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly cause: string;
    }
  /** All that was received is answered; the thread ends. */
  | { readonly kind: "stopped"; readonly counters: Counters };
