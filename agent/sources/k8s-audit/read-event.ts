/** One event of a body: from its text to what rules are tried on. */
import type { Json } from "../../events/json-value.ts";
import type { Limits } from "./limits.ts";
import type { Span } from "./split-body.ts";
import { timeOf } from "./time.ts";

export interface AuditEvent {
  readonly event: Json;
  /** ns since the epoch. */
  readonly time: bigint;
}

/** Why an event is left out. */
export type EventDrop = "event too large" | "event too deep" | "no event";

/** An event, or why it is none that rules may see. */
export type ReadEvent = AuditEvent | { readonly drop: EventDrop };

const OPEN_OBJECT = 0x7b;

function stampOf(event: object, name: string): bigint | undefined {
  const text: unknown = Object.hasOwn(event, name) ? (event as Record<string, unknown>)[name] : undefined;
  return typeof text === "string" ? timeOf(text) : undefined;
}

/**
 * Reads an event. Its time is that of its stage, else of its request, else `now`. A time far ahead of `now` (ns since the
 * epoch) is not believed: the rate of alerts runs on events' time, and one event from the next century would hold back all
 * that come before.
 */
export function readEvent(
  body: Buffer,
  { start, end, levels }: Span,
  now: bigint,
  limits: Limits,
): ReadEvent {
  if (body[start] !== OPEN_OBJECT) return { drop: "no event" };
  if (end - start > limits.event) return { drop: "event too large" };
  if (levels > limits.levels) return { drop: "event too deep" };
  const event = JSON.parse(body.toString("utf8", start, end)) as { readonly [key: string]: Json };
  const time = stampOf(event, "stageTimestamp") ?? stampOf(event, "requestReceivedTimestamp") ?? now;
  return { event, time: time > now + limits.ahead ? now : time };
}
