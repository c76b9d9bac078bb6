/** How long to wait after a fault. */
import type { ApiFault } from "./fault.ts";

export interface RetryPolicy {
  /** Milliseconds; the ceiling of the wait doubles from it with each fault in a row, up to `cap`. */
  readonly base: number;
  readonly cap: number;
  /** Milliseconds around which is asked again what only people can mend. */
  readonly seldom: number;
  /** The longest Retry-After that is believed, in milliseconds. */
  readonly longestRetryAfter: number;
}

export const defaultRetry: RetryPolicy = {
  base: 1000,
  cap: 30_000,
  seldom: 300_000,
  longestRetryAfter: 300_000,
};

/** Refusals in a row that may be those of a server which has just started: it refuses whom it knows no role of yet. */
const UNSURE = 3;

/**
 * Milliseconds until the next try after `tries` faults in a row. Full jitter, so that the agents of all nodes do not come
 * back together when an API server does; on top of what the server asks for.
 */
export function retryDelay(
  fault: ApiFault,
  tries: number,
  policy: RetryPolicy,
  random: () => number,
): number {
  const certain = fault.kind === "refused" || (fault.kind === "forbidden" && tries > UNSURE);
  if (certain) return policy.seldom * (0.5 + random());
  const ceiling = Math.min(policy.cap, policy.base * 2 ** Math.min(tries - 1, 30));
  return Math.min(fault.retryAfter ?? 0, policy.longestRetryAfter) + random() * ceiling;
}

/** Milliseconds that a Retry-After header asks for: seconds or a date (RFC 9110 10.2.3). */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = /^\s*[A-Za-z]{3}/.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
