/** What a matched rule says: plain data, so that it crosses threads and any sink can read it. */
import { priorityNames, type Priority, type RuleIdentity } from "../rules/plan.ts";

/** A typed value of output_fields; null is missing. Text is decoded: invalid UTF-8 is U+FFFD. */
export type OutputValue =
  string | number | bigint | boolean | null | readonly (string | number | bigint | boolean)[];

/** What alerts of the same matter have in common, for grouping (design.md 3.9); "" where unknown. */
export interface AlertGroup {
  readonly pod: string;
  readonly container: string;
  readonly exePath: string;
  /** fd.name, or the peer's address. */
  readonly object: string;
}

/** Whom an alert is about in Kubernetes; each part "" where it is unknown or there is none. */
export interface AlertSubject {
  /** Of the pod; of an audit event that of the object it is about. Says whose alert it is. */
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  /** Name of the container, in the pod where there is one. */
  readonly container: string;
  readonly image: string;
}

/** One match of one rule. All strings are Unicode text and not escaped: what prints them escapes them (render.ts). */
export interface Alert {
  readonly rule: string;
  /** Undefined for internal alerts. */
  readonly identity: RuleIdentity | undefined;
  readonly priority: Priority;
  /** syscall, k8s_audit, …; `internal` for what the agent says about itself. */
  readonly source: string;
  /** Sorted. */
  readonly tags: readonly string[];
  /** Of the event: ns since the epoch. */
  readonly time: bigint;
  readonly hostname: string;
  /** The output template filled in, without time and priority. */
  readonly message: string;
  /** Keys and values of output_fields in the template's order, each key once; the event's time is not among them. */
  readonly fields: readonly (readonly [key: string, value: OutputValue])[];
  readonly group: AlertGroup | undefined;
  /** Undefined for internal alerts. */
  readonly subject: AlertSubject | undefined;
  /** Sinks named by the rule's object; undefined: every sink whose filter lets it through. */
  readonly sinks: readonly string[] | undefined;
}

/** Name of a priority: Emergency to Debug. */
export const priorityName = (priority: Priority): string => priorityNames[priority];

/** `source` of what the agent says about itself (outputs.md 5). */
export const INTERNAL = "internal";

/** An internal alert `Tiercel internal: NAME`. */
export function internalAlert(
  name: string,
  priority: Priority,
  message: string,
  fields: Readonly<Record<string, OutputValue>>,
  about: { readonly time: bigint; readonly hostname: string },
): Alert {
  return {
    rule: `Tiercel internal: ${name}`,
    identity: undefined,
    priority,
    source: INTERNAL,
    tags: [],
    time: about.time,
    hostname: about.hostname,
    message,
    fields: Object.entries(fields),
    group: undefined,
    subject: undefined,
    sinks: undefined,
  };
}
