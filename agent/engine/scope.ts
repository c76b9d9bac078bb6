/**
 * Where a rule applies, as a test over an event: a team's rule in its own namespace, and every rule where its object's
 * selector matches (design.md 5). What is not known of an event matches nothing.
 */
import { labelTest, type LabelPairs } from "../rules/label-selector.ts";
import type { RulePlan } from "../rules/plan.ts";
import { SharedTest } from "./conjunction.ts";

/** What a scope asks about an event. Undefined: not known, or the event is of no pod (of audit events: of no namespace). */
export interface EventPlace<E> {
  readonly namespace: (event: E) => string | undefined;
  readonly podLabels: (event: E) => LabelPairs | undefined;
  readonly namespaceLabels: (event: E) => LabelPairs | undefined;
}

type Scope = Pick<RulePlan, "onlyNamespace" | "selector">;
type Test<E> = (event: E) => boolean;

/** Rough steps of a part, beside those of conditions (conditionCost). */
const NAME_COST = 2;
const LABELS_COST = 8;

/** Whether a rule does not apply everywhere. */
export function isScoped({ onlyNamespace, selector = {} }: Scope): boolean {
  return onlyNamespace !== undefined || Object.values(selector).some((part) => part !== undefined);
}

/**
 * The test of a scope. A node selector matches nothing here: who knows the node's labels takes it out before
 * (node-selector.ts).
 */
export function scopeTest<E>({ onlyNamespace, selector = {} }: Scope, place: EventPlace<E>): SharedTest<E> {
  const { namespaces, namespaceSelector, podSelector, nodeSelector } = selector;
  const tests: Test<E>[] = [];
  let cost = 0;
  const add = (test: Test<E>, own: number) => {
    tests.push(test);
    cost += own;
  };
  if (nodeSelector !== undefined) add(() => false, 0);
  if (onlyNamespace !== undefined) add((event) => place.namespace(event) === onlyNamespace, NAME_COST);
  // The names are what the selector beside them matches.
  if (namespaces !== undefined) add(inNamespaces(new Set(namespaces), place), NAME_COST);
  else if (namespaceSelector !== undefined)
    add(labelled(labelTest(namespaceSelector), place.namespaceLabels), LABELS_COST);
  if (podSelector !== undefined) add(labelled(labelTest(podSelector), place.podLabels), LABELS_COST);
  return new SharedTest(allOf(tests), cost, false);
}

function inNamespaces<E>(names: ReadonlySet<string>, place: EventPlace<E>): Test<E> {
  return (event) => {
    const namespace = place.namespace(event);
    return namespace !== undefined && names.has(namespace);
  };
}

function labelled<E>(
  test: (labels: LabelPairs) => boolean,
  labelsOf: (event: E) => LabelPairs | undefined,
): Test<E> {
  return (event) => {
    const labels = labelsOf(event);
    return labels !== undefined && test(labels);
  };
}

function allOf<E>(tests: readonly Test<E>[]): Test<E> {
  if (tests.length === 1) return tests[0]!;
  return (event) => {
    for (const test of tests) if (!test(event)) return false;
    return true;
  };
}
