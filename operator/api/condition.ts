/** Conditions of a status. */
import type { Condition } from "./object-meta.ts";
import type { ConditionType, Reason } from "./reasons.ts";

/** What is to be said by a condition. */
export interface Said {
  readonly status: "True" | "False";
  readonly reason: Reason;
  readonly message: string;
}

/** Characters the API takes of a message. */
const longestMessage = 32_768;

/** The condition that says it; its time is that of the last change of its status. `now` is in milliseconds. */
export function conditionOf(
  type: ConditionType,
  { status, reason, message }: Said,
  observedGeneration: number,
  before: readonly Condition[],
  now: number,
): Condition {
  const known = before.find((each) => each.type === type);
  const since =
    known?.status === status ? known.lastTransitionTime : `${new Date(now).toISOString().slice(0, 19)}Z`;
  const text = message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message;
  return { type, status, observedGeneration, lastTransitionTime: since, reason, message: text };
}
