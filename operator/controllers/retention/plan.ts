/** Which SecurityAlerts go: those that are old, and beyond a number of one namespace those that matter least. Pure. */

export interface Retention {
  /** ms since an alert was last seen; 0: no bound. */
  readonly age: number;
  /** In one namespace; 0: no bound. */
  readonly perNamespace: number;
}

/** What is kept of a SecurityAlert. */
export interface AlertView {
  readonly key: string;
  readonly namespace: string;
  readonly uid: string;
  readonly closed: boolean;
  /** When it was last seen, or made: ms since the epoch. */
  readonly seen: number;
}

export interface RetentionPlan {
  readonly remove: readonly AlertView[];
  /** Milliseconds until the next one is too old; undefined where none ever is. */
  readonly after: number | undefined;
}

/** What goes first where there are too many: closed ones, then those that were not seen for longest. */
const leastFirst = (a: AlertView, b: AlertView) =>
  Number(b.closed) - Number(a.closed) || a.seen - b.seen || (a.key < b.key ? -1 : 1);

/** Of one namespace's alerts. */
export function planRetention(
  alerts: readonly AlertView[],
  { age, perNamespace }: Retention,
  now: number,
): RetentionPlan {
  const oldest = age === 0 ? -Infinity : now - age;
  const old = alerts.filter(({ seen }) => seen <= oldest);
  const rest = alerts.filter(({ seen }) => seen > oldest);
  const excess = perNamespace === 0 ? 0 : Math.max(0, rest.length - perNamespace);
  const least = excess === 0 ? [] : [...rest].sort(leastFirst).slice(0, excess);
  const gone = new Set(least);
  let next = Infinity;
  for (const alert of rest) if (!gone.has(alert)) next = Math.min(next, alert.seen);
  return {
    remove: [...old, ...least],
    after: age === 0 || next === Infinity ? undefined : Math.max(1000, next + age - now),
  };
}
