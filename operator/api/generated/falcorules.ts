/** Made by scripts/generate/resources.ts from crds/falcorules.yaml. Do not edit. */
import type { Condition, LabelSelector, ObjectMeta } from "../object-meta.ts";

/**
 * Rules in the Falco rule language. In the operator's namespace they watch all nodes and hosts; in any other namespace only that namespace's pods.
 */
export interface FalcoRule {
  /**
   * The version of this form: tiercel.dev/v1alpha1.
   */
  readonly apiVersion: "tiercel.dev/v1alpha1";
  /**
   * FalcoRule.
   */
  readonly kind: "FalcoRule";
  readonly metadata: ObjectMeta;
  readonly spec: FalcoRuleSpec;
  readonly status?: FalcoRuleStatus;
}
/**
 * The rules, and where they apply.
 */
export interface FalcoRuleSpec {
  /**
   * Where the events of these rules come from: syscall (the default) or k8s_audit. A rule's own source wins. Rules of any other source wait until an agent has it.
   */
  readonly source?: string;
  /**
   * Objects of a namespace are compiled by order, then by name: what changes a rule must come after it.
   */
  readonly order?: number;
  readonly requires?: FalcoRuleSpecRequires;
  /**
   * Named lists of values, for use in conditions as in (NAME).
   *
   * @maxItems 500
   */
  readonly lists?: readonly FalcoRuleSpecList[];
  /**
   * Named parts of conditions.
   *
   * @maxItems 500
   */
  readonly macros?: readonly FalcoRuleSpecMacro[];
  /**
   * The rules.
   *
   * @maxItems 500
   */
  readonly rules?: readonly FalcoRuleSpecRule[];
  readonly selector?: FalcoRuleSpecSelector;
  /**
   * Names of the AlertSinks that get the alerts, looked for in this namespace, then in the operator's. Left out: all of both whose filter lets an alert through.
   *
   * @maxItems 64
   *
   * Items: An AlertSink's name.
   */
  readonly sinks?: readonly string[];
}
/**
 * What the rules ask of the engine that runs them.
 */
export interface FalcoRuleSpecRequires {
  /**
   * The oldest version of Falco's engine that knows all these rules use: x.y.z, or a number, which means 0.NUMBER.0. Same as required_engine_version in a rules file.
   */
  readonly engineVersion?: number | string;
  /**
   * Plugins that must be there. Same as required_plugin_versions in a rules file.
   *
   * @maxItems 64
   */
  readonly plugins?: readonly FalcoRuleSpecRequiresPlugin[];
}
/**
 * A plugin, and what does in its place.
 */
export interface FalcoRuleSpecRequiresPlugin {
  /**
   * The plugin's name.
   */
  readonly name: string;
  /**
   * Its oldest version that will do, x.y.z.
   */
  readonly version: string;
  /**
   * Plugins that will do in its place.
   *
   * @maxItems 16
   */
  readonly alternatives?: readonly FalcoRuleSpecRequiresPluginAlternative[];
}
/**
 * A plugin that will do.
 */
export interface FalcoRuleSpecRequiresPluginAlternative {
  /**
   * The plugin's name.
   */
  readonly name: string;
  /**
   * Its oldest version that will do, x.y.z.
   */
  readonly version: string;
}
/**
 * A list, or a change of one that an earlier object has.
 */
export interface FalcoRuleSpecList {
  /**
   * Its name.
   */
  readonly list: string;
  /**
   * Its values, texts or numbers. The name of an earlier list stands for its values.
   *
   * @maxItems 2000
   *
   * Items: A text or a number.
   */
  readonly items?: readonly (number | string)[];
  /**
   * Deprecated: write override: {items: append}.
   */
  readonly append?: boolean;
  readonly override?: FalcoRuleSpecListOverride;
}
/**
 * Makes this a change of a list of the same name in an earlier object.
 */
export interface FalcoRuleSpecListOverride {
  /**
   * Whether the values are added to those that are there, or stand in for them.
   */
  readonly items?: "append" | "replace";
}
/**
 * A macro, or a change of one that an earlier object has.
 */
export interface FalcoRuleSpecMacro {
  /**
   * Its name.
   */
  readonly macro: string;
  /**
   * What its name stands for, e.g. container.id != host.
   */
  readonly condition?: string;
  /**
   * Deprecated: write override: {condition: append}.
   */
  readonly append?: boolean;
  readonly override?: FalcoRuleSpecMacroOverride;
}
/**
 * Makes this a change of a macro of the same name in an earlier object.
 */
export interface FalcoRuleSpecMacroOverride {
  /**
   * Whether the condition is added to the one that is there, or stands in for it.
   */
  readonly condition?: "append" | "replace";
}
/**
 * A rule, or a change of one that an earlier object has.
 */
export interface FalcoRuleSpecRule {
  /**
   * Its name, which alerts carry.
   */
  readonly rule: string;
  /**
   * What it finds, for people.
   */
  readonly desc?: string;
  /**
   * When it matches, in Falco's condition language, e.g. evt.type = execve and proc.name = bash and container.id != host. `tiercel fields` lists the fields, `tiercel validate` checks it.
   */
  readonly condition?: string;
  /**
   * The text of its alerts; %NAME is replaced by the field's value, e.g. shell in %container.name.
   */
  readonly output?: string;
  /**
   * How urgent its alerts are: EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL (or INFO) or DEBUG, in upper or lower case.
   */
  readonly priority?: string;
  /**
   * Where its events come from, where that is not the object's source.
   */
  readonly source?: string;
  /**
   * Words by which rules are found, switched on and off, and routed to sinks.
   *
   * @maxItems 64
   *
   * Items: A word.
   */
  readonly tags?: readonly string[];
  /**
   * Whether it is on; it is, where this is left out.
   */
  readonly enabled?: boolean;
  /**
   * What it leaves out, by name. Others can add values to them by override.
   *
   * @maxItems 64
   */
  readonly exceptions?: readonly FalcoRuleSpecRuleException[];
  /**
   * Whether a match starts a capture file, where the agent is allowed to write one.
   */
  readonly capture?: boolean;
  /**
   * How long that capture lasts, in milliseconds.
   */
  readonly capture_duration?: number;
  /**
   * Whether to warn where the condition names no event type; it does, where this is left out.
   */
  readonly warn_evttypes?: boolean;
  /**
   * Whether the rule is left out, not refused, where its condition uses an unknown field.
   */
  readonly "skip-if-unknown-filter"?: boolean;
  /**
   * Deprecated: write override: {condition: append}.
   */
  readonly append?: boolean;
  readonly override?: FalcoRuleSpecRuleOverride;
}
/**
 * An exception, e.g. {name: shells, fields: [proc.name, proc.pname], values: [[bash, cron]]}.
 */
export interface FalcoRuleSpecRuleException {
  /**
   * Its name, unique within the rule.
   */
  readonly name: string;
  /**
   * The fields it compares, e.g. [proc.name, fd.name]: a list of names, or one name.
   */
  readonly fields?: unknown;
  /**
   * How, e.g. [=, startswith]: a list of one operator a field, or one operator. Left out: = for a list of fields, in for one.
   */
  readonly comps?: unknown;
  /**
   * What it compares them to, e.g. [[bash, /etc/shadow], [sh, /etc/passwd]]: one list a combination, with one value a field; values alone where fields is one name.
   *
   * @maxItems 2000
   *
   * Items: A combination of values, or a value.
   */
  readonly values?: readonly unknown[];
}
/**
 * Makes this a change of a rule of the same name in an earlier object: for each key given, whether it is added to what is there or stands in for it.
 */
export interface FalcoRuleSpecRuleOverride {
  /**
   * What becomes of the condition.
   */
  readonly condition?: "append" | "replace";
  /**
   * What becomes of the output.
   */
  readonly output?: "append" | "replace";
  /**
   * What becomes of the description.
   */
  readonly desc?: "append" | "replace";
  /**
   * What becomes of the tags.
   */
  readonly tags?: "append" | "replace";
  /**
   * What becomes of the exceptions; append adds values to one of the same name.
   */
  readonly exceptions?: "append" | "replace";
  /**
   * The priority can only be replaced.
   */
  readonly priority?: "replace";
  /**
   * Whether the rule is on can only be replaced.
   */
  readonly enabled?: "replace";
  /**
   * It can only be replaced.
   */
  readonly capture?: "replace";
  /**
   * It can only be replaced.
   */
  readonly capture_duration?: "replace";
  /**
   * It can only be replaced.
   */
  readonly warn_evttypes?: "replace";
  /**
   * It can only be replaced.
   */
  readonly "skip-if-unknown-filter"?: "replace";
}
/**
 * Where the rules apply; left out: everywhere they may. An event whose data is unknown matches no selector.
 */
export interface FalcoRuleSpecSelector {
  /**
   * Only pods in namespaces with these labels.
   */
  readonly namespaceSelector?: LabelSelector;
  /**
   * Only pods with these labels.
   */
  readonly podSelector?: LabelSelector;
  /**
   * Only on nodes with these labels.
   */
  readonly nodeSelector?: LabelSelector;
}
/**
 * What became of the rules. Written by the operator.
 */
export interface FalcoRuleStatus {
  /**
   * The generation of the object that this status is about.
   */
  readonly observedGeneration?: number;
  /**
   * Accepted: the rules compile. Distributed: the accepted version is in the set that agents read. Loaded: all agents that should run it do. Ready: all of these.
   */
  readonly conditions?: readonly Condition[];
  /**
   * SHA-256 of the accepted version of this object, in hex digits.
   */
  readonly digest?: string;
  /**
   * Rules in the accepted version.
   */
  readonly ruleCount?: number;
  readonly nodes?: FalcoRuleStatusNodes;
  /**
   * What each rule did, for those that matched.
   *
   * @maxItems 500
   */
  readonly rules?: readonly FalcoRuleStatusRule[];
  /**
   * How often rules of this object matched.
   */
  readonly matches?: number;
  /**
   * When one last did.
   */
  readonly lastMatch?: string;
}
/**
 * How many agents run the rules.
 */
export interface FalcoRuleStatusNodes {
  /**
   * Agents that should run them.
   */
  readonly wanted?: number;
  /**
   * Agents that do.
   */
  readonly loaded?: number;
  /**
   * Agents that could not load them.
   */
  readonly failed?: number;
  /**
   * loaded/wanted, e.g. 3/3.
   */
  readonly text?: string;
  /**
   * The first five agents that could not.
   *
   * @maxItems 5
   */
  readonly failures?: readonly FalcoRuleStatusNodesFailure[];
}
/**
 * An agent that could not load them.
 */
export interface FalcoRuleStatusNodesFailure {
  /**
   * The NodeAgent's name.
   */
  readonly node: string;
  /**
   * Why.
   */
  readonly message: string;
}
/**
 * What one rule did.
 */
export interface FalcoRuleStatusRule {
  /**
   * The rule's name.
   */
  readonly name: string;
  /**
   * How often it matched.
   */
  readonly matches: number;
  /**
   * Of these, what agents that run now counted since they started. By it an operator that starts anew knows what it has added up already.
   */
  readonly running?: number;
  /**
   * When it last did.
   */
  readonly lastMatch?: string;
}
