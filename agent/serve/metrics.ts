/** Metrics for Prometheus, read when they are asked for: what counts per event counts in plain numbers elsewhere. */
import { Counter, Gauge, Registry } from "prom-client";

/** One metric. `read` gives its series as they are now. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly labels: readonly string[];
  /** Values of the labels in their order, and the number. A series with the same labels twice is added up. */
  readonly read: () => Iterable<readonly [labels: readonly string[], value: number]>;
}

/** Most series of one metric; the rest is added up in one whose labels are all `(others)`. */
export const maximumSeries = 2000;

/** Longest value of a label, in characters. */
const longestLabel = 256;

/** How long a text is served again, in milliseconds: a bound on what asking often costs. */
const keptFor = 250;

export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Metrics in the text format. A metric whose `read` throws is left out, the others are there. */
export function metricsText(metrics: readonly Metric[], now: () => number): MetricsText {
  const registry = new Registry();
  for (const metric of metrics) register(registry, metric);
  let kept: { readonly at: number; readonly text: Promise<string> } | undefined;
  return {
    contentType: registry.contentType,
    text() {
      if (kept === undefined || now() - kept.at >= keptFor) kept = { at: now(), text: registry.metrics() };
      return kept.text;
    },
  };
}

function register(registry: Registry, { name, help, type, labels, read }: Metric): void {
  const labelNames = [...labels];
  const registers = [registry];
  const collect = (metric: Counter | Gauge) => {
    metric.reset();
    for (const [values, value] of bounded({ type, read, labels })) {
      const pairs = Object.fromEntries(labelNames.map((label, i) => [label, values[i] ?? ""]));
      metric.inc(pairs, value);
    }
  };
  if (type === "counter")
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        collect(this);
      },
    });
  else
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        collect(this);
      },
    });
}

/** The series of a metric within its bounds; what is no number is left out. */
function bounded({
  type,
  read,
  labels: names,
}: Pick<Metric, "type" | "read" | "labels">): readonly (readonly [
  labels: readonly string[],
  value: number,
])[] {
  const rows: (readonly [readonly string[], number])[] = [];
  let others = 0;
  let folded = false;
  try {
    for (const [labels, value] of read()) {
      if (!Number.isFinite(value) || (type === "counter" && value < 0)) continue;
      if (rows.length < maximumSeries - 1)
        rows.push([labels.map((label) => label.slice(0, longestLabel)), value]);
      else {
        others += value;
        folded = true;
      }
    }
  } catch {
    return [];
  }
  if (folded) rows.push([names.map(() => "(others)"), others]);
  return rows;
}
