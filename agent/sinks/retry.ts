/** When a batch that failed is sent again. */
import type { DeliveryError } from "./sink.ts";

export interface RetryPolicy {
  /** How often a passing fault is tried again. */
  readonly passing: number;
  /** How often a timeout is tried again. */
  readonly timeouts: number;
  /** Milliseconds; the ceiling of the wait doubles from it with each try. */
  readonly base: number;
  readonly cap: number;
}

/** Sinks on this machine: what fails is counted at once. */
export const noRetry: RetryPolicy = { passing: 0, timeouts: 0, base: 0, cap: 0 };

/** Longest wait that a receiver's Retry-After is believed, in milliseconds. */
const longestRetryAfter = 300_000;

/**
 * Milliseconds until the next try, undefined where there is none. Full jitter (any time up to the ceiling, so that
 * agents do not come back together), on top of Retry-After where there is one. `tries` counts those that failed.
 */
export function retryDelay(
  error: DeliveryError,
  tries: number,
  policy: RetryPolicy,
  random: () => number,
): number | undefined {
  if (error.fault === "permanent") return undefined;
  if (tries > (error.fault === "timeout" ? policy.timeouts : policy.passing)) return undefined;
  const ceiling = Math.min(policy.cap, policy.base * 2 ** (tries - 1));
  return Math.min(error.retryAfter ?? 0, longestRetryAfter) + random() * ceiling;
}
