/** Keeps the objects of agents as the settings say: DaemonSet, audit Deployment, Services, account, settings. */
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { Informer } from "../../kube/informer.ts";
import { slim, type KubeObject } from "../../kube/object.ts";
import { resourceOf, resources } from "../../kube/resources.ts";
import { wouldChange } from "../../kube/would-change.ts";
import { agentObjects } from "../../resources/agents/agents.ts";
import type { AgentConfiguration, AgentOptions, AuditOptions } from "../../resources/agents/options.ts";
import { formOf, idOf, planAgents, type Plan } from "./plan.ts";

export interface AgentsSettings {
  readonly agent: AgentOptions;
  readonly audit: AuditOptions;
  /** Their configuration; `owner` is what owns their NodeAgents, as settings under `cluster`. */
  readonly configuration: (owner: Readonly<Record<string, string>>) => AgentConfiguration;
}

/** One key for all: the objects are few and belong together. */
const key = "agents";

/** An object without what it is doing and without the marks that each write leaves, or a change of them would wake us. */
function withoutStatus(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations, ownerReferences, managedFields = [] } = slim(object).metadata;
  const body = Object.entries(object).filter(([field]) => field !== "status" && field !== "metadata");
  return {
    ...Object.fromEntries(body),
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(ownerReferences !== undefined && { ownerReferences }),
      managedFields: managedFields.map(
        ({ manager = "", operation = "", apiVersion = "", fieldsV1 = {} }) => ({
          manager,
          operation,
          apiVersion,
          fieldsV1,
        }),
      ),
    },
  };
}

class Agents {
  readonly #context: Context;
  readonly #settings: AgentsSettings;
  readonly #informers: readonly Informer<KubeObject>[];
  readonly #settled = new Map<string, { wanted: string; answer: string }>();
  #unknownImage = false;

  constructor(context: Context, settings: AgentsSettings, informers: readonly Informer<KubeObject>[]) {
    this.#context = context;
    this.#settings = settings;
    this.#informers = informers;
  }

  async reconcile(signal: AbortSignal): Promise<void> {
    const wanted = await this.#wanted(signal);
    if (wanted === undefined) return;
    const there = this.#informers.flatMap((informer) => [...informer.list()]);
    await this.#act(planAgents({ wanted, there, settled: this.#settled }), signal);
  }

  async #wanted(signal: AbortSignal): Promise<readonly KubeObject[] | undefined> {
    const { name, namespace, owner, log } = this.#context;
    const { agent, audit, configuration } = this.#settings;
    const image = agent.image === "" ? await this.#ownImage(signal) : agent.image;
    if (image === undefined) {
      if (!this.#unknownImage)
        log(
          "error",
          "no agents are run: operator.agent.image is empty and the operator runs in no Deployment",
        );
      this.#unknownImage = true;
      return undefined;
    }
    const installation = { name, namespace, owner: owner(), image };
    // Their types are the client library's, which has less to say of what every object has.
    const told = configuration(await this.#nodeAgentsOwner(signal));
    return agentObjects(installation, agent, audit, told) as unknown as KubeObject[];
  }

  /** The agents' ClusterRole is the chart's: what belongs to it goes with an uninstall. None where it is not there. */
  async #nodeAgentsOwner(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const name = `${this.#context.name}-agent`;
    const role = await this.#context.client.get({ resource: resources.clusterRoles, name }, signal);
    const uid = role?.metadata.uid;
    return uid === undefined ? {} : { owner_name: name, owner_uid: uid };
  }

  /** The image of the operator's container in its Deployment. */
  async #ownImage(signal: AbortSignal): Promise<string | undefined> {
    const { client, namespace, owner } = this.#context;
    const deployment = owner();
    if (deployment === undefined) return undefined;
    const ref = { resource: resources.deployments, namespace, name: deployment.name };
    const { containers = [] } = (await client.get<WithPods>(ref, signal))?.spec?.template?.spec ?? {};
    return (containers.find(({ name }) => name === "operator") ?? containers[0])?.image;
  }

  async #act({ remove, apply }: Plan, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    for (const object of remove) {
      const { namespace, name } = object.metadata;
      await client.delete({ resource: resourceOf(object), namespace, name }, {}, signal);
      log("notice", `${idOf(object)} was deleted: it is not wanted any more, or cannot be changed`);
    }
    for (const object of apply) {
      const answer = withoutStatus(await client.apply(object, signal));
      this.#settle(object, answer);
      log("notice", `${idOf(object)} was applied`);
    }
  }

  #settle(object: KubeObject, answer: KubeObject): void {
    const id = idOf(object);
    if (!wouldChange(object, answer)) {
      this.#settled.delete(id);
      return;
    }
    this.#settled.set(id, { wanted: formOf(object), answer: formOf(answer) });
    this.#context.log(
      "info",
      `${id} is kept by the API server in another form than it was applied (a quantity as 1000m in place of 1, or a webhook changes it); it is left so`,
    );
  }
}

interface WithPods extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
    };
  };
}

/** The controller of everything that agents consist of. */
export function agentsController(context: Context, settings: AgentsSettings): Controller {
  const { serviceAccounts, configMaps, services, daemonSets, deployments } = resources;
  const labelSelector = [
    "app.kubernetes.io/managed-by=tiercel-operator",
    `app.kubernetes.io/instance=${context.name}`,
    "app.kubernetes.io/component in (agent,audit)",
  ].join(",");
  const informers = [serviceAccounts, configMaps, services, daemonSets, deployments].map((resource) =>
    context.informers.open({
      resource,
      namespace: context.namespace,
      labelSelector,
      project: withoutStatus,
    }),
  );
  const agents = new Agents(context, settings, informers);
  return {
    name: "agents",
    watches: informers.map((informer) => watch(informer, () => [key])),
    keys: [key],
    reconcile: (_, signal) => agents.reconcile(signal),
  };
}
