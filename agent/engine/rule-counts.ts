/** What each rule did since the agent began, kept by identity so that a new rule set goes on counting. */
import type { Priority, RuleIdentity, RulePlan } from "../rules/plan.ts";
import { TokenBucket } from "./token-bucket.ts";

/** One rule's counters. */
export interface RuleCount {
  readonly identity: RuleIdentity;
  readonly rule: string;
  priority: Priority;
  source: string;
  tags: readonly string[];
  /** Events it matched, those whose alert was suppressed among them. */
  matches: number;
  /** Time of the last matched event, ns since the epoch; 0 for none. */
  lastMatch: bigint;
  /** Alerts held back by the rate. */
  suppressed: number;
  /** Of these, not yet said. */
  unsaid: number;
  /** Events on which its condition or output threw. */
  faults: number;
  readonly bucket: TokenBucket;
}

/** The bound per rule: settings alerts.rate (a second) and alerts.burst. */
export interface AlertRate {
  readonly rate: number;
  readonly burst: number;
}

/** Rules of earlier sets that are still counted one by one. */
const KEPT_GONE = 1000;

export class RuleCounts {
  private readonly rate: AlertRate;
  private readonly counts = new Map<string, RuleCount>();
  /** Matches and suppressed alerts of rules that left and are no longer kept one by one. */
  gone = { matches: 0, suppressed: 0, faults: 0 };

  constructor(rate: AlertRate) {
    this.rate = rate;
  }

  /** The counters of a rule, made where it is new. */
  of({ identity, rule, priority, source, tags }: RulePlan): RuleCount {
    const key = JSON.stringify([identity.namespace, identity.object, identity.rule, source]);
    const known = this.counts.get(key);
    if (known !== undefined) return Object.assign(known, { priority, source, tags });
    const bucket = new TokenBucket(this.rate.rate, this.rate.burst);
    const zero = { matches: 0, lastMatch: 0n, suppressed: 0, unsaid: 0, faults: 0 };
    const count = { identity, rule, priority, source, tags, ...zero, bucket };
    this.counts.set(key, count);
    return count;
  }

  /** Forgets rules that left: those that never matched, and the oldest beyond a bound, whose sums go to `gone`. */
  keep(current: ReadonlySet<RuleCount>): void {
    const left = [...this.counts].filter(([, count]) => !current.has(count));
    const used = left.filter(([, count]) => count.matches > 0 || count.faults > 0);
    const excess = new Set(used.slice(0, Math.max(0, used.length - KEPT_GONE)));
    for (const entry of left) {
      const [key, count] = entry;
      if (used.includes(entry) && !excess.has(entry)) continue;
      this.gone.matches += count.matches;
      this.gone.suppressed += count.suppressed;
      this.gone.faults += count.faults;
      this.counts.delete(key);
    }
  }

  all(): Iterable<RuleCount> {
    return this.counts.values();
  }

  /** Rules with suppressed alerts that were not said yet, and how many; they count as said from now on. */
  takeUnsaid(): { rule: string; count: number }[] {
    const result: { rule: string; count: number }[] = [];
    for (const count of this.counts.values()) {
      if (count.unsaid === 0) continue;
      result.push({ rule: count.rule, count: count.unsaid });
      count.unsaid = 0;
    }
    return result;
  }
}
