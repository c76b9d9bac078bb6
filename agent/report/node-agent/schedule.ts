/** When a NodeAgent's status is written: on change, not too often; at once for new rules; else seldom. Pure. */
import type { NodeAgentStatus } from "./status.ts";

/** Milliseconds. */
const times = { change: 30_000, news: 1000, heartbeat: 300_000, longestHeartbeat: 1_800_000 } as const;

/** Bytes of status for which the heartbeat is once more as far apart. */
const heartbeatSize = 8192;

/** What was written last. */
export interface Written {
  /** ms since the epoch. */
  readonly at: number;
  /** What to compare a new status with: `newsOf`, `changesOf`. */
  readonly news: string;
  readonly changes: string;
  /** 0 up to 1, drawn anew with each write, so that the agents of all nodes do not write together. */
  readonly jitter: number;
}

/** What people wait for: which rules run, which do not, and what a condition says for the first time. */
export const newsOf = ({ startTime, digest, failures, conditions }: NodeAgentStatus): string =>
  JSON.stringify([startTime, digest, failures, conditions.map(({ type, reason }) => [type, reason])]);

/** All that counts as a change: that events pass is none. */
export const changesOf = (status: NodeAgentStatus): string =>
  JSON.stringify({ ...status, heartbeat: "", events: 0 });

/** Milliseconds until the status is to be written; 0 for now. */
export function untilWrite(status: NodeAgentStatus, written: Written | undefined, now: number): number {
  if (written === undefined) return 0;
  const { at, news, changes, jitter } = written;
  const distance =
    newsOf(status) !== news
      ? times.news
      : changesOf(status) !== changes
        ? times.change
        : heartbeat(changes.length) * (0.8 + 0.4 * jitter);
  // After a clock was put back nothing would be written for long.
  return now < at ? 0 : Math.max(0, at + distance - now);
}

/** Large objects are costly to store, and to hand to everybody who watches. */
const heartbeat = (size: number) =>
  Math.min(times.longestHeartbeat, times.heartbeat * (1 + size / heartbeatSize));
