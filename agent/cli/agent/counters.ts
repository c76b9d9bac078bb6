/** Numbers of a running agent, as the thread of each source posts them: running totals since its start. */
import type { Priority } from "../../rules/plan.ts";
import type { Losses } from "./loss-owner.ts";

/** One kind of drop: events of one type lost for one cause. */
export interface DropCount {
  /** Why, in the words of the kernel side. */
  readonly cause: string;
  /** Event name; "" where unknown. */
  readonly event: string;
  readonly count: number;
}

export interface RuleNumbers {
  readonly namespace: string;
  readonly object: string;
  readonly rule: string;
  readonly priority: Priority;
  readonly source: string;
  readonly tags: readonly string[];
  readonly matches: number;
  /** ns since the epoch, 0 for none. */
  readonly lastMatch: bigint;
  readonly suppressed: number;
  readonly faults: number;
}

/** The numbers of one source of events. */
/** What is known of containers, and what waits for it. */
export interface ContainerNumbers {
  /** Containers kept: named by a runtime, known to none, and those whose events wait for an answer. */
  readonly known: number;
  readonly unknown: number;
  readonly waiting: number;
  readonly pods: number;
  /** Bytes of what runtimes and API said. */
  readonly bytes: number;
  /** Forgotten for want of room. */
  readonly evicted: number;
  readonly podsEvicted: number;
  /** Events that wait now, and that have waited. */
  readonly eventsWaiting: number;
  readonly eventsHeld: number;
  /** Containers whose events were tried unnamed: time was over, or too many waited. */
  readonly timeouts: number;
  readonly overflows: number;
}

export interface Counters {
  readonly source: string;
  /** Records that reached the agent. */
  readonly events: number;
  /** Events that at least one rule matched. */
  readonly matched: number;
  /** Records that could not be decoded. */
  readonly undecodable: number;
  readonly drops: readonly DropCount[];
  /** Of them, by whose events they were. */
  readonly losses: Losses;
  /** Alerts lost between the source's thread and the main thread because the main thread did not keep up. */
  readonly overflow: number;
  readonly rules: readonly RuleNumbers[];
  /** Of rules that left the set long ago. */
  readonly gone: { readonly matches: number; readonly suppressed: number; readonly faults: number };
  /** Requests of clients, by what became of them; those that are `accepted` brought events. Absent where there are no clients. */
  readonly requests?: readonly { readonly outcome: string; readonly count: number }[];
  /** Processes known, and other sizes of tables by name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Absent: its events are of no containers. */
  readonly containers?: ContainerNumbers;
}

/** Before the first event. */
export const noCounters = (source: string): Counters => ({
  source,
  events: 0,
  matched: 0,
  undecodable: 0,
  drops: [],
  losses: { owners: [], others: 0 },
  overflow: 0,
  rules: [],
  gone: { matches: 0, suppressed: 0, faults: 0 },
  sizes: {},
});
