/** How soon a status is written: what people wait for before what only counts; all of them share one budget. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { Condition } from "../../api/object-meta.ts";
import { reasons } from "../../api/reasons.ts";

/** How much a difference matters; less is more urgent. */
export const urgency = {
  /** A condition changed, or is about an older version of the object. */
  condition: 0,
  /** The same, but agents are about to load: soon it may have changed again. */
  progressing: 1,
  /** Only numbers changed. */
  numbers: 2,
} as const;

export type Urgency = (typeof urgency)[keyof typeof urgency];

/** Milliseconds that a difference has to be there before it is written, and between two writes of one object. */
const patience: Readonly<Record<Urgency, { readonly settle: number; readonly distance: number }>> = {
  [urgency.condition]: { settle: 0, distance: 2000 },
  [urgency.progressing]: { settle: 5000, distance: 5000 },
  [urgency.numbers]: { settle: 0, distance: 10_000 },
};

interface WithConditions {
  readonly conditions: readonly Condition[];
}

/** What sets two conditions apart for those who wait for them. */
const essence = ({ conditions }: WithConditions) =>
  conditions.map(({ type, status, reason, observedGeneration }) => [
    type,
    status,
    reason,
    observedGeneration,
  ]);

/** How urgent it is to write `wanted` over `there`; undefined where they are the same. */
export function urgencyOf<T extends WithConditions>(wanted: T, there: T): Urgency | undefined {
  if (isDeepStrictEqual(wanted, there)) return undefined;
  if (isDeepStrictEqual(essence(wanted), essence(there))) return urgency.numbers;
  const progressing = wanted.conditions.some(({ reason }) => reason === reasons.progressing);
  return progressing && there.conditions.length > 0 ? urgency.progressing : urgency.condition;
}

/** When a difference may be written, ms. `since`: when it was first seen; `written`: when the object was written last. */
export function dueAt(of: Urgency, since: number, written: number): number {
  const { settle, distance } = patience[of];
  return Math.max(since + settle, written + distance);
}

/** Writes a minute at most, below one a second on the average, and at once. */
const perMinute = 48;
const burst = 24;

/** Kept for what is more urgent than numbers. */
const reserve = 8;

/** A bound on writes over all objects. */
export class Budget {
  #tokens: number = burst;
  #last: number | undefined;

  /** Whether something of that urgency may be written now; it is then counted as written. */
  take(of: Urgency, now: number): boolean {
    this.#fill(now);
    if (this.#tokens < this.#needed(of)) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until something of that urgency may be written. */
  wait(of: Urgency, now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil(((this.#needed(of) - this.#tokens) / perMinute) * 60_000));
  }

  #needed(of: Urgency): number {
    return of === urgency.numbers ? 1 + reserve : 1;
  }

  #fill(now: number): void {
    const passed = Math.max(0, now - (this.#last ?? now));
    this.#last = now;
    this.#tokens = Math.min(burst, this.#tokens + (passed * perMinute) / 60_000);
  }
}
