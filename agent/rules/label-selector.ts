/** Kubernetes label selectors as functions (apimachinery, labels.Requirement): compiled once, then only read. */
import type { LabelSelector } from "./plan.ts";

/** Labels as name and value, each name once. */
export type LabelPairs = readonly (readonly [name: string, value: string])[];

/** Whether an object with these labels is meant. Allocates nothing. */
export type LabelTest = (labels: LabelPairs) => boolean;

function valueOf(labels: LabelPairs, key: string): string | undefined {
  for (const [name, value] of labels) if (name === key) return value;
  return undefined;
}

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

/** As Kubernetes: NotIn holds where the label is absent. */
function expressionTest({ key, operator, values }: Expression): LabelTest {
  const listed = new Set(values);
  switch (operator) {
    case "In":
      return (labels) => {
        const value = valueOf(labels, key);
        return value !== undefined && listed.has(value);
      };
    case "NotIn":
      return (labels) => {
        const value = valueOf(labels, key);
        return value === undefined || !listed.has(value);
      };
    case "Exists":
      return (labels) => valueOf(labels, key) !== undefined;
    case "DoesNotExist":
      return (labels) => valueOf(labels, key) === undefined;
  }
}

/** The test that a selector stands for: all its parts must hold, and without parts it means every object. */
export function labelTest({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelTest {
  const tests = [
    ...Object.entries(matchLabels).map(
      ([key, value]): LabelTest =>
        (labels) =>
          valueOf(labels, key) === value,
    ),
    ...matchExpressions.map(expressionTest),
  ];
  return (labels) => {
    for (const test of tests) if (!test(labels)) return false;
    return true;
  };
}
