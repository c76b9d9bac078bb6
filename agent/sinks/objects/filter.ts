/** Which alerts an AlertSink takes. */
import type { Alert } from "../../engine/alert.ts";
import { compileGlob } from "../../rules/condition/glob.ts";
import { priorityNames } from "../../rules/plan.ts";
import type { FilterSpec } from "./spec.ts";

export type Wants = (alert: Alert) => boolean;

/** One test for all parts of a filter; an absent part lets everything through. @throws Error for an unknown priority */
export function compileFilter(filter: FilterSpec = {}): Wants {
  const { minPriority, rules, tags, sources, namespaces } = filter;
  const tests: Wants[] = [];
  if (minPriority !== undefined) {
    const least = priorityOf(minPriority);
    tests.push(({ priority }) => priority <= least);
  }
  if (rules !== undefined) {
    const fits = anyGlob(rules);
    tests.push(({ rule }) => fits(rule));
  }
  if (tags !== undefined) {
    const wanted = new Set(tags);
    tests.push((alert) => alert.tags.some((tag) => wanted.has(tag)));
  }
  if (sources !== undefined) {
    const wanted = new Set(sources);
    tests.push(({ source }) => wanted.has(source));
  }
  if (namespaces !== undefined) {
    const fits = anyGlob(namespaces);
    // Hosts, and pods that nobody knows, are in no namespace: `*` does not mean them.
    tests.push(({ subject }) => subject !== undefined && subject.namespace !== "" && fits(subject.namespace));
  }
  return (alert) => tests.every((test) => test(alert));
}

/** Falco's number of a priority in any case; INFO is Informational. */
function priorityOf(text: string): number {
  const name = text.toLowerCase() === "info" ? "informational" : text.toLowerCase();
  const number = priorityNames.findIndex((each) => each.toLowerCase() === name);
  if (number < 0) throw new Error(`filter.minPriority ${text} is no priority`);
  return number;
}

/** Whether the whole of a text fits one of the patterns (fnmatch). */
function anyGlob(patterns: readonly string[]): (text: string) => boolean {
  const globs = patterns.map((pattern) => compileGlob(Buffer.from(pattern).toString("latin1")));
  return (text) => {
    const bytes = Buffer.from(text).toString("latin1");
    return globs.some((glob) => glob(bytes));
  };
}
