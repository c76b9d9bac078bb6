/** Made by scripts/generate/resources.ts from crds/nodeagents.yaml. Do not edit. */
import type { Condition, ObjectMeta } from "../object-meta.ts";

/**
 * What one agent runs, saw and could not do. Made and written by that agent only.
 */
export interface NodeAgent {
  /**
   * The version of this form: tiercel.dev/v1alpha1.
   */
  readonly apiVersion: "tiercel.dev/v1alpha1";
  /**
   * NodeAgent.
   */
  readonly kind: "NodeAgent";
  readonly metadata: ObjectMeta;
  readonly spec: NodeAgentSpec;
  readonly status?: NodeAgentStatus;
}
/**
 * Which agent it is. It never changes.
 */
export interface NodeAgentSpec {
  /**
   * The node it runs on.
   */
  readonly node: string;
  /**
   * node for one that watches its node, audit for one that reads audit events.
   */
  readonly role: "node" | "audit";
}
/**
 * What it runs and saw. Counts run since startTime.
 */
export interface NodeAgentStatus {
  /**
   * Ready: it runs the rules it should and sees what it should.
   */
  readonly conditions?: readonly Condition[];
  /**
   * When it started.
   */
  readonly startTime?: string;
  /**
   * When it last wrote this.
   */
  readonly heartbeat?: string;
  /**
   * Its version.
   */
  readonly version?: string;
  /**
   * The node's kernel release.
   */
  readonly kernel?: string;
  /**
   * What this node cannot see, and why.
   *
   * @maxItems 64
   */
  readonly capabilities?: readonly NodeAgentStatusCapabilitie[];
  /**
   * Digest of the rule set it runs, in hex digits.
   */
  readonly digest?: string;
  /**
   * Rules it runs.
   */
  readonly ruleCount?: number;
  /**
   * What of the rule set did not load.
   *
   * @maxItems 50
   */
  readonly failures?: readonly NodeAgentStatusFailure[];
  /**
   * Events it looked at.
   */
  readonly events?: number;
  /**
   * Events that were lost, all causes together.
   */
  readonly dropped?: number;
  /**
   * Events that were lost, by cause.
   */
  readonly drops?: {
    /**
     * How many.
     */
    readonly [k: string]: number;
  };
  /**
   * How often rules matched, all together.
   */
  readonly matches?: number;
  /**
   * Rules that matched, 200 at most.
   *
   * @maxItems 200
   */
  readonly rules?: readonly NodeAgentStatusRule[];
  /**
   * Matches of rules that are not in the list because it is full.
   */
  readonly otherMatches?: number;
  /**
   * What became of alerts, by sink.
   *
   * @maxItems 100
   */
  readonly sinks?: readonly NodeAgentStatusSink[];
}
/**
 * Something it cannot see, or only in part.
 */
export interface NodeAgentStatusCapabilitie {
  /**
   * What, in one word for programs.
   */
  readonly name: string;
  /**
   * What is missing, and what that costs.
   */
  readonly message: string;
}
/**
 * An object that did not load.
 */
export interface NodeAgentStatusFailure {
  /**
   * Its namespace; left out where the whole set is meant.
   */
  readonly namespace?: string;
  /**
   * Its name.
   */
  readonly object?: string;
  /**
   * Why.
   */
  readonly message: string;
}
/**
 * What one rule did.
 */
export interface NodeAgentStatusRule {
  /**
   * Namespace of the FalcoRule it is from.
   */
  readonly namespace: string;
  /**
   * Name of the FalcoRule it is from.
   */
  readonly object: string;
  /**
   * The rule's name.
   */
  readonly rule: string;
  /**
   * How often it matched.
   */
  readonly matches: number;
  /**
   * When it last did.
   */
  readonly lastMatch?: string;
}
/**
 * What one sink did.
 */
export interface NodeAgentStatusSink {
  /**
   * NAMESPACE/NAME of the AlertSink.
   */
  readonly name: string;
  /**
   * Alerts delivered.
   */
  readonly delivered?: number;
  /**
   * Alerts the receiver refused, or that were given up.
   */
  readonly failed?: number;
  /**
   * Alerts that a full queue or spool had no room for.
   */
  readonly dropped?: number;
  /**
   * Alerts that wait on the node's disk now.
   */
  readonly spooled?: number;
  /**
   * When an alert was last delivered.
   */
  readonly lastDelivery?: string;
  /**
   * What went wrong last.
   */
  readonly lastError?: string;
}
