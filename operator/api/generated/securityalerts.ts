/** Made by scripts/generate/resources.ts from crds/securityalerts.yaml. Do not edit. */
import type { ObjectMeta } from "../object-meta.ts";

/**
 * Something a rule found, once or many times: in the pod's namespace, or in the operator's where it is about a host. Made by the node's agent; people set its state by kubectl patch --subresource=status.
 */
export interface SecurityAlert {
  /**
   * The version of this form: tiercel.dev/v1alpha1.
   */
  readonly apiVersion: "tiercel.dev/v1alpha1";
  /**
   * SecurityAlert.
   */
  readonly kind: "SecurityAlert";
  readonly metadata: ObjectMeta;
  readonly spec: SecurityAlertSpec;
  readonly status?: SecurityAlertStatus;
}
/**
 * The first match. It never changes.
 */
export interface SecurityAlertSpec {
  /**
   * The rule's name.
   */
  readonly rule: string;
  readonly falcoRule?: SecurityAlertSpecFalcoRule;
  /**
   * How urgent it is.
   */
  readonly priority: "Emergency" | "Alert" | "Critical" | "Error" | "Warning" | "Notice" | "Informational" | "Debug";
  /**
   * Where the event came from, e.g. syscall or k8s_audit.
   */
  readonly source?: string;
  /**
   * The rule's tags.
   *
   * @maxItems 64
   *
   * Items: A tag.
   */
  readonly tags?: readonly string[];
  /**
   * The NodeAgent that saw it; the node's name.
   */
  readonly node: string;
  /**
   * The pod's name.
   */
  readonly pod?: string;
  /**
   * The pod's UID.
   */
  readonly podUID?: string;
  /**
   * The container's name.
   */
  readonly container?: string;
  /**
   * The container's id.
   */
  readonly containerID?: string;
  /**
   * The container's image.
   */
  readonly image?: string;
  /**
   * The alert's text.
   */
  readonly output?: string;
  /**
   * The values in the text, by the names of their fields.
   */
  readonly outputFields?: Readonly<Record<string, unknown>>;
}
/**
 * The FalcoRule that the rule is from.
 */
export interface SecurityAlertSpecFalcoRule {
  /**
   * Its namespace.
   */
  readonly namespace: string;
  /**
   * Its name.
   */
  readonly name: string;
}
/**
 * What became of it. The state belongs to people, all else to the agent.
 */
export interface SecurityAlertStatus {
  /**
   * What people made of it. A match on a Closed one makes a new one.
   */
  readonly state?: "Open" | "Acknowledged" | "Closed";
  /**
   * How often it happened.
   */
  readonly count?: number;
  /**
   * When it first happened.
   */
  readonly firstSeen?: string;
  /**
   * When it last happened.
   */
  readonly lastSeen?: string;
  /**
   * The text of the last match.
   */
  readonly lastOutput?: string;
}
