/**
 * Keeps the rules and sinks that come with Tiercel, and rules from the chart's values, in the operator's namespace, as
 * FalcoRules and AlertSinks.
 */
import { ApiFault } from "../../../agent/kube/fault.ts";
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeObject } from "../../kube/object.ts";
import { resourceOf, resources, type Resource } from "../../kube/resources.ts";
import { originLabel, planDefaults, type Pair, type Step } from "./plan.ts";
import { Refusals } from "./refusal.ts";

/** What there is to keep. */
export interface OwnObjects {
  /** FalcoRules and AlertSinks; their names get the name of the installation in front. */
  readonly objects: readonly KubeObject[];
  /** Files that none could be made of. What may come from them stays as it is. */
  readonly refused?: readonly {
    readonly file: string;
    readonly mayHaveMade: (object: string) => boolean;
    readonly mistakes: readonly string[];
  }[];
}

/** What is kept of an object: enough to see that somebody changed it. */
interface Seen {
  readonly name: string;
  readonly generation: number | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

const kinds = [resources.falcoRules, resources.alertSinks];
const key = "defaults";

const project = ({ metadata: { name, generation, labels } }: KubeObject): Seen => ({
  name,
  generation,
  labels,
});

class Defaults {
  readonly #context: Context;
  readonly #own: OwnObjects;
  readonly #informers: readonly Informer<Seen>[];
  readonly #refusals: Refusals;

  constructor(context: Context, own: OwnObjects, informers: readonly Informer<Seen>[]) {
    this.#context = context;
    this.#own = own;
    this.#informers = informers;
    this.#refusals = new Refusals(context);
  }

  async reconcile(signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    for (const { file, mistakes } of this.#own.refused ?? [])
      await this.#refusals.tell({ what: file, mistakes }, signal);
    const wanted = this.#wanted();
    for (const step of planDefaults(await this.#pairs(wanted, signal))) await this.#apply(step, signal);
    for (const [resource, name] of this.#unwanted(wanted)) {
      await client.delete({ resource, namespace: this.#context.namespace, name }, {}, signal);
      log(
        "notice",
        `${resource.kind} ${name} was deleted: it came with Tiercel or the chart's values and is not wanted any more`,
      );
    }
  }

  /** What the API server finds wrong with one object keeps no other one back, and is the same the next time. */
  async #apply({ object, edits }: Step, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    const { kind, metadata } = object;
    try {
      await client.apply(object, signal);
    } catch (error) {
      const isMistake = error instanceof ApiFault && [400, 413, 422].includes(error.status);
      if (!isMistake || metadata.labels?.[originLabel] !== "values") throw error;
      await this.#refusals.tell(
        { what: `${kind} ${metadata.name}`, mistakes: [`${kind} ${metadata.name}: ${error.message}`] },
        signal,
      );
      return;
    }
    const left = edits.length === 0 ? "" : `; left as somebody else has set it: ${edits.join(", ")}`;
    const from =
      metadata.labels?.[originLabel] === "values"
        ? "which is in the chart's values"
        : "which comes with Tiercel";
    log("notice", `${kind} ${metadata.name}, ${from}, was applied${left}`);
  }

  /** In the operator's namespace, with its labels and owner. */
  #wanted(): KubeObject[] {
    const { namespace, name: instance, owner } = this.#context;
    const ownerReference = owner();
    return this.#own.objects.map(({ metadata, ...rest }) => ({
      ...rest,
      metadata: {
        name: `${instance}-${metadata.name}`,
        namespace,
        labels: {
          "app.kubernetes.io/name": "tiercel",
          "app.kubernetes.io/instance": instance,
          "app.kubernetes.io/managed-by": "tiercel-operator",
          [originLabel]: "image",
          ...metadata.labels,
        },
        ...(ownerReference !== undefined && { ownerReferences: [ownerReference] }),
      },
    }));
  }

  #pairs(wanted: readonly KubeObject[], signal: AbortSignal): Promise<Pair[]> {
    const { client } = this.#context;
    return Promise.all(
      wanted.map(async (object) => {
        const { namespace, name } = object.metadata;
        const live = await client.get({ resource: resourceOf(object), namespace, name }, signal);
        return { wanted: object, live };
      }),
    );
  }

  *#unwanted(wanted: readonly KubeObject[]): Generator<readonly [Resource, string]> {
    const ours = this.#context.name.length + 1;
    const isKept = (name: string) =>
      (this.#own.refused ?? []).some(({ mayHaveMade }) => mayHaveMade(name.slice(ours)));
    for (const informer of this.#informers) {
      const { resource } = informer;
      const names = new Set(
        wanted.filter(({ kind }) => kind === resource.kind).map((one) => one.metadata.name),
      );
      for (const { name } of informer.list()) if (!names.has(name) && !isKept(name)) yield [resource, name];
    }
  }
}

/** The controller of what comes with Tiercel and with the chart's values. */
export function defaultsController(context: Context, own: OwnObjects): Controller {
  const labelSelector = `app.kubernetes.io/instance=${context.name},${originLabel} in (image,values)`;
  const informers = kinds.map((resource) =>
    context.informers.open({ resource, namespace: context.namespace, labelSelector, project }),
  );
  const defaults = new Defaults(context, own, informers);
  return {
    name: "defaults",
    watches: informers.map((informer) => watch(informer, () => [key])),
    keys: [key],
    reconcile: (_, signal) => defaults.reconcile(signal),
  };
}
