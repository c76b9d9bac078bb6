/** Tells people of rules in the chart's values that could not become objects: in the log, a metric, and an Event. */
import { createHash } from "node:crypto";
import { ApiFault } from "../../../agent/kube/fault.ts";
import { isConflict } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import type { KubeObject } from "../../kube/object.ts";

/** A source of objects and what is wrong with it. */
export interface Refusal {
  /** Name of the file, or of the object that was made of it. */
  readonly what: string;
  readonly mistakes: readonly string[];
}

/** The most characters that an Event's note may have, and mistakes that are told of one source. */
const bounds = { note: 1000, mistakes: 20 } as const;

export class Refusals {
  readonly #context: Context;
  readonly #told = new Set<string>();
  readonly #level;

  constructor(context: Context) {
    this.#context = context;
    this.#level = context.metrics.gauge(
      "tiercel_operator_refused_custom_rules",
      "Files of customRules, or objects made of them, that were refused since the operator began; the last good ones stay",
    );
    this.#level.set([], 0);
  }

  /** Says it once. Rejects only where the operator does not act any more. */
  async tell({ what, mistakes }: Refusal, signal: AbortSignal): Promise<void> {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#level.set([], this.#told.size);
    const { log } = this.#context;
    const left = mistakes.length - bounds.mistakes;
    for (const mistake of mistakes.slice(0, bounds.mistakes)) log("error", `customRules: ${mistake}`);
    if (left > 0) log("error", `customRules: ${left} more mistakes in ${what}`);
    log("error", `customRules: ${what} was refused; rules that an earlier version of it made stay`);
    await this.#event(mistakes, signal);
  }

  /** About the operator's Deployment, where there is one: what was refused has no object. */
  async #event(mistakes: readonly string[], signal: AbortSignal): Promise<void> {
    const { client, namespace, clock, log, owner } = this.#context;
    const deployment = owner();
    if (deployment === undefined) return;
    const { apiVersion, kind, name, uid } = deployment;
    const note = `customRules: ${mistakes.join("\n")}`;
    const digest = createHash("sha256").update(note).digest("hex").slice(0, 10);
    const event: KubeObject & Readonly<Record<string, unknown>> = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      // The same mistake again is no other Event.
      metadata: { name: `${name}.${digest}`, namespace },
      eventTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
      reportingController: "tiercel.dev/operator",
      reportingInstance: name,
      action: "ConvertRules",
      reason: "CustomRulesRefused",
      regarding: { apiVersion, kind, namespace, name, uid },
      note: note.length > bounds.note ? `${note.slice(0, bounds.note)}…` : note,
      type: "Warning",
    };
    try {
      await client.create(event, signal);
    } catch (error) {
      if (!(error instanceof ApiFault)) throw error;
      if (!isConflict(error))
        log("warning", `no Event tells of refused customRules: ${error.message}`, "custom rules event");
    }
  }
}
