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
  return progressing ? urgency.progressing : urgency.condition;
}

/** When a difference may be written, ms. `since`: when it was first seen; `written`: when the object was written last. */
export function dueAt(of: Urgency, since: number, written: number): number {
  const { settle, distance } = patience[of];
  return Math.max(since + settle, written + distance);
}

/** Writes a minute of each of the two parts: together below one a second. */
const perMinute = 24;

/**
 * Writes at once. Two for each object of a large cluster: when its agents come, all rules are told to be accepted and then to
 * be ready without a wait; the rest of the day stays below the pace above. Numbers come one after the other.
 */
const burst = { conditions: 500, numbers: 8 } as const;

/** A bound on writes over all objects: one part is for numbers; the other, and that one too, for all else. */
export class Budget {
  readonly #tokens: Record<keyof typeof burst, number> = { ...burst };
  #last: number | undefined;

  /** Whether something of that urgency may be written now; it is then counted as written. */
  take(of: Urgency, now: number): boolean {
    this.#fill(now);
    const part = partsOf(of).find((each) => this.#tokens[each] >= 1);
    if (part === undefined) return false;
    this.#tokens[part] -= 1;
    return true;
  }

  /** Milliseconds until something of that urgency may be written. */
  wait(of: Urgency, now: number): number {
    this.#fill(now);
    const missing = Math.min(...partsOf(of).map((part) => Math.max(0, 1 - this.#tokens[part])));
    return Math.ceil((missing / perMinute) * 60_000);
  }

  #fill(now: number): void {
    const passed = Math.max(0, now - (this.#last ?? now));
    this.#last = now;
    const more = (passed * perMinute) / 60_000;
    // What the one part has no room for is the other's.
    const conditions = this.#tokens.conditions + more;
    this.#tokens.conditions = Math.min(burst.conditions, conditions);
    const spilt = conditions - this.#tokens.conditions;
    this.#tokens.numbers = Math.min(burst.numbers, this.#tokens.numbers + more + spilt);
  }
}

const partsOf = (of: Urgency): readonly (keyof typeof burst)[] =>
  of === urgency.numbers ? ["numbers"] : ["conditions", "numbers"];
