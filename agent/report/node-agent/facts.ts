/** What an agent knows of itself, as the wiring hands it over: running totals since its start. */

export interface RuleFact {
  /** Of the FalcoRule. */
  readonly namespace: string;
  readonly object: string;
  readonly rule: string;
  readonly matches: number;
  /** ns since the epoch; 0 for none. */
  readonly lastMatch: bigint;
}

export interface SinkFact {
  /** `NAMESPACE/NAME` of the AlertSink. */
  readonly name: string;
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly spooled: number;
  /** ms since the epoch. */
  readonly lastDelivery: number | undefined;
  readonly lastError: string | undefined;
}

export interface AgentFacts {
  /** ms since the epoch. */
  readonly startTime: number;
  readonly version: string;
  /** Release of the kernel. */
  readonly kernel: string;
  /** Of the rule set in force; "" before the first. */
  readonly digest: string;
  readonly ruleCount: number;
  /** What of the rule set did not load; without an object the whole set is meant. */
  readonly failures: readonly {
    readonly namespace?: string;
    readonly object?: string;
    readonly message: string;
  }[];
  /** What this node cannot see. */
  readonly capabilities: readonly { readonly name: string; readonly message: string }[];
  readonly events: number;
  readonly drops: readonly { readonly cause: string; readonly count: number }[];
  readonly rules: readonly RuleFact[];
  /** Matches of rules that left the set and are no longer kept one by one. */
  readonly goneMatches: number;
  readonly sinks: readonly SinkFact[];
  /** When nobody watched before this agent did, as a sentence; undefined where no earlier agent is known. */
  readonly absence?: { readonly text: string; readonly killed: boolean } | undefined;
  /** Matches that stand in no object and never will, by cause. */
  readonly heldBack: readonly { readonly cause: string; readonly count: number }[];
}
