/** The operator's metrics: those of controllers under the names that dashboards know, and our own. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { QueueObserver } from "./work-queue.ts";

/** Series of one metric at most; what has more labels is added up in one whose labels are all `(others)`. */
export const mostSeries = 500;

/** Longest value of a label, in characters. */
const longestLabel = 128;

export interface Count {
  add(labels: readonly string[], number?: number): void;
}

export interface Level {
  set(labels: readonly string[], value: number): void;
  /** All series go: called before they are set anew. */
  clear(): void;
}

interface QueueNumbers {
  readonly depth: number;
  readonly working: number;
  workingFor(): Iterable<number>;
}

/** As controller-runtime has them: from 5 ms to a minute. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** As client-go's work queue has them: powers of ten from 10 ns. */
const queueBuckets = Array.from({ length: 11 }, (_, i) => 10 ** (i - 8));

/** Newer dashboards ask for `controller`, older ones for `name`. */
const queueLabels = ["name", "controller"];

export interface ControllerMetrics {
  /** What one controller's queue tells. */
  observe(controller: string, workers: number, queue: () => QueueNumbers): QueueObserver;
}

export class Metrics implements ControllerMetrics {
  readonly registry = new Registry();
  readonly #queues = new Map<string, () => QueueNumbers>();
  readonly #reconciled = this.#counter("controller_runtime_reconcile_total", "Reconciles by result", [
    "controller",
    "result",
  ]);
  readonly #errors = this.#counter("controller_runtime_reconcile_errors_total", "Reconciles that failed", [
    "controller",
  ]);
  readonly #times = this.#histogram(
    "controller_runtime_reconcile_time_seconds",
    "How long a reconcile took",
    ["controller"],
    reconcileBuckets,
  );
  readonly #workers = this.#gauge(
    "controller_runtime_max_concurrent_reconciles",
    "Reconciles at a time at most",
    ["controller"],
  );
  readonly #adds = this.#counter("workqueue_adds_total", "Keys that were added", queueLabels);
  readonly #retries = this.#counter(
    "workqueue_retries_total",
    "Keys that were added again after a failure",
    queueLabels,
  );
  readonly #overflows = this.#counter(
    "tiercel_operator_queue_overflows_total",
    "Keys that were turned away since the queue was full; all keys were gone through after that",
    ["controller"],
  );
  readonly #waits = this.#histogram(
    "workqueue_queue_duration_seconds",
    "How long a key was due before a worker took it",
    queueLabels,
    queueBuckets,
  );
  readonly #works = this.#histogram(
    "workqueue_work_duration_seconds",
    "How long a worker was at a key",
    queueLabels,
    queueBuckets,
  );

  constructor() {
    const perQueue = (
      name: string,
      help: string,
      labels: readonly string[],
      read: (queue: QueueNumbers) => number,
    ) => {
      const queues = this.#queues;
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers: [this.registry],
        collect() {
          for (const [controller, queue] of queues)
            this.set(Object.fromEntries(labels.map((label) => [label, controller])), read(queue()));
        },
      });
    };
    perQueue(
      "controller_runtime_active_workers",
      "Reconciles under way",
      ["controller"],
      (queue) => queue.working,
    );
    perQueue("workqueue_depth", "Keys that are due", queueLabels, (queue) => queue.depth);
    perQueue(
      "workqueue_unfinished_work_seconds",
      "How long the workers have been at their keys, summed",
      queueLabels,
      (queue) => seconds([...queue.workingFor()].reduce((sum, time) => sum + time, 0)),
    );
    perQueue(
      "workqueue_longest_running_processor_seconds",
      "How long the worker that is slowest now has been at its key",
      queueLabels,
      (queue) => seconds(Math.max(0, ...queue.workingFor())),
    );
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** A counter of ours: `tiercel_operator_…_total`. */
  counter(name: string, help: string, labelNames: readonly string[] = []): Count {
    const metric = this.#counter(name, help, labelNames);
    const labelled = budget(labelNames);
    return { add: (labels, number = 1) => metric.inc(labelled(labels), number) };
  }

  /** A gauge of ours. */
  gauge(name: string, help: string, labelNames: readonly string[] = []): Level {
    const metric = this.#gauge(name, help, labelNames);
    let labelled = budget(labelNames);
    return {
      set: (labels, value) => metric.set(labelled(labels), value),
      clear() {
        metric.reset();
        labelled = budget(labelNames);
      },
    };
  }

  /** A metric that is read when it is asked for. */
  read(
    name: string,
    help: string,
    type: "counter" | "gauge",
    labelNames: readonly string[],
    series: () => Iterable<readonly [labels: readonly string[], value: number]>,
  ): void {
    const Kind = type === "counter" ? Counter : Gauge;
    new Kind({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        this.reset();
        const labelled = budget(labelNames);
        for (const [labels, value] of series()) this.inc(labelled(labels), value);
      },
    });
  }

  observe(controller: string, workers: number, queue: () => QueueNumbers): QueueObserver {
    this.#queues.set(controller, queue);
    this.#workers.set({ controller }, workers);
    // What a dashboard divides by must be there before anything happened.
    for (const result of ["success", "requeue_after", "error"])
      this.#reconciled.inc({ controller, result }, 0);
    this.#errors.inc({ controller }, 0);
    const labels = { name: controller, controller };
    for (const counter of [this.#adds, this.#retries]) counter.inc(labels, 0);
    this.#overflows.inc({ controller }, 0);
    return {
      added: () => this.#adds.inc(labels),
      taken: (waited) => this.#waits.observe(labels, seconds(waited)),
      done: (_, worked, { kind }) => {
        this.#works.observe(labels, seconds(worked));
        this.#times.observe({ controller }, seconds(worked));
        this.#reconciled.inc({ controller, result: kind === "again" ? "requeue_after" : kind });
        if (kind === "error") this.#errors.inc({ controller });
      },
      retried: () => this.#retries.inc(labels),
      overflowed: () => this.#overflows.inc({ controller }),
    };
  }

  #counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #gauge(name: string, help: string, labelNames: readonly string[]): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #histogram(
    name: string,
    help: string,
    labelNames: readonly string[],
    buckets: readonly number[],
  ): Histogram {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.registry],
    });
  }
}

const seconds = (milliseconds: number) => milliseconds / 1000;

/** Labels by name, within the budget. */
function budget(names: readonly string[]): (values: readonly string[]) => Record<string, string> {
  const seen = new Set<string>();
  return (values) => {
    const cut = names.map((_, i) => (values[i] ?? "").slice(0, longestLabel));
    const key = JSON.stringify(cut);
    const known = seen.has(key) || seen.size < mostSeries - 1;
    if (known) seen.add(key);
    return Object.fromEntries(names.map((name, i) => [name, known ? cut[i]! : "(others)"]));
  };
}
