/** Types and reasons of conditions, as `kubectl wait` and dashboards know them. Names are never changed. */

/** What a condition is about. */
export const conditionTypes = {
  /** The object is right in itself: rules compile, a sink's references are there. */
  accepted: "Accepted",
  /** The accepted version is in the set that agents read. */
  distributed: "Distributed",
  /** All agents that should run it do. */
  loaded: "Loaded",
  /** All of the others together. */
  ready: "Ready",
} as const;

/** Why a condition has its status. */
export const reasons = {
  accepted: "Accepted",
  /** The object has mistakes, and no version of it was ever right. */
  invalid: "Invalid",
  /** The object has mistakes; the last version that had none runs on. */
  lastGood: "LastGood",
  /** It names a macro, list, rule, Secret or key that is not there. */
  missingReference: "MissingReference",
  /** It is right, but names a sink that is not there. */
  missingSink: "MissingSink",
  /** It is right, but its selector leaves some of its rules no event. */
  selectorMatchesNothing: "SelectorMatchesNothing",
  /** It does not fit into a ConfigMap. */
  tooLarge: "TooLarge",
  /** A sink names a Secret that is not there. */
  secretNotFound: "SecretNotFound",
  /** A sink names a key that its Secret does not have. */
  keyNotFound: "KeyNotFound",
  /** There are more objects of the kind than agents are given. */
  tooMany: "TooMany",
  /** Its namespace may not have such an object. */
  notAllowed: "NotAllowed",
  distributed: "Distributed",
  notDistributed: "NotDistributed",
  loaded: "Loaded",
  /** Some agents have not said yet that they run it. */
  progressing: "Progressing",
  /** No agent has the events its rules ask for. */
  noAgentForSource: "NoAgentForSource",
  someNodesFailed: "SomeNodesFailed",
  ready: "Ready",
  /** A sink that no alert went to yet. */
  nothingSent: "NothingSent",
  delivered: "Delivered",
  deliveryFailed: "DeliveryFailed",
} as const;

export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];
export type Reason = (typeof reasons)[keyof typeof reasons];
