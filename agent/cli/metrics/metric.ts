/** How metrics are written down: a name, a help, labels, and how they are read. */
import type { Metric } from "../../serve/metrics.ts";

export type Read = Metric["read"];

/** The one value of a metric without labels. */
export function one(value: () => number): Read {
  return () => [[[], value()]];
}

function metric(
  type: Metric["type"],
  name: string,
  help: string,
  labels: readonly string[],
  read: Read,
): Metric {
  return { name: `tiercel_${name}`, help, type, labels, read };
}

/** A value that goes up and down; `name` without `tiercel_`. */
export const gauge = (name: string, help: string, labels: readonly string[], read: Read) =>
  metric("gauge", name, help, labels, read);

/** A value that only grows; `name` without `tiercel_`. */
export const counter = (name: string, help: string, labels: readonly string[], read: Read) =>
  metric("counter", name, help, labels, read);
