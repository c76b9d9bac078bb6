/** Keeps the rules and sinks that come with Tiercel in the operator's namespace, as FalcoRules and AlertSinks. */
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeObject } from "../../kube/object.ts";
import { resourceOf, resources, type Resource } from "../../kube/resources.ts";
import { originLabel, planDefaults, type Pair } from "./plan.ts";

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
  readonly #objects: readonly KubeObject[];
  readonly #informers: readonly Informer<Seen>[];

  constructor(context: Context, objects: readonly KubeObject[], informers: readonly Informer<Seen>[]) {
    this.#context = context;
    this.#objects = objects;
    this.#informers = informers;
  }

  async reconcile(signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    const wanted = this.#wanted();
    for (const step of planDefaults(await this.#pairs(wanted, signal))) {
      const { kind, metadata } = await client.apply(step.object, signal);
      const left =
        step.edits.length === 0 ? "" : `; left as somebody else has set it: ${step.edits.join(", ")}`;
      log("notice", `${kind} ${metadata.name}, which comes with Tiercel, was applied${left}`);
    }
    for (const [resource, name] of this.#unwanted(wanted)) {
      await client.delete({ resource, namespace: this.#context.namespace, name }, {}, signal);
      log("notice", `${resource.kind} ${name} was deleted: it came with Tiercel and is not wanted any more`);
    }
  }

  /** In the operator's namespace, with its labels and owner. */
  #wanted(): KubeObject[] {
    const { namespace, name: instance, owner } = this.#context;
    const ownerReference = owner();
    return this.#objects.map(({ metadata, ...rest }) => ({
      ...rest,
      metadata: {
        name: `${instance}-${metadata.name}`,
        namespace,
        labels: {
          "app.kubernetes.io/name": "tiercel",
          "app.kubernetes.io/instance": instance,
          "app.kubernetes.io/managed-by": "tiercel-operator",
          [originLabel]: "image",
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
    for (const informer of this.#informers) {
      const { resource } = informer;
      const names = new Set(
        wanted.filter(({ kind }) => kind === resource.kind).map((one) => one.metadata.name),
      );
      for (const { name } of informer.list()) if (!names.has(name)) yield [resource, name];
    }
  }
}

/**
 * The controller of what comes with Tiercel.
 * @param objects FalcoRules and AlertSinks; their names get the name of the installation in front.
 */
export function defaultsController(context: Context, objects: readonly KubeObject[]): Controller {
  const labelSelector = `app.kubernetes.io/instance=${context.name},${originLabel}=image`;
  const informers = kinds.map((resource) =>
    context.informers.open({ resource, namespace: context.namespace, labelSelector, project }),
  );
  const defaults = new Defaults(context, objects, informers);
  return {
    name: "defaults",
    watches: informers.map((informer) => watch(informer, () => [key])),
    keys: [key],
    reconcile: (_, signal) => defaults.reconcile(signal),
  };
}
