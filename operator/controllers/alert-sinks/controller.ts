/** Keeps F-sinks, which agents take their sinks from, as the cluster's AlertSinks and the Secrets they name say. */
import { isConflict, isMissing } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { Informer } from "../../kube/informer.ts";
import { resources } from "../../kube/resources.ts";
import { referencesIn, sinksName } from "../../resources/sinks.ts";
import { planSinks, type Plan } from "./plan.ts";
import { SecretValuesCache } from "./secret-values.ts";
import {
  projectAgent,
  projectMade,
  projectSecret,
  projectSink,
  type AgentView,
  type Made,
  type SinkView,
} from "./view.ts";

export interface AlertSinksSettings {
  /** Whether the operator may read Secrets of all namespaces, not only of its own. */
  readonly teamSecrets: boolean;
}

/** One key for all: what agents read is one object. */
const key = "sinks";

interface Followed {
  readonly sinks: Informer<SinkView>;
  readonly secrets: Informer<string>;
  readonly agents: Informer<AgentView>;
  readonly configMap: Informer<Made>;
  readonly secret: Informer<Made>;
}

class AlertSinks {
  readonly #context: Context;
  readonly #settings: AlertSinksSettings;
  readonly #followed: Followed;
  readonly values: SecretValuesCache;

  constructor(context: Context, settings: AlertSinksSettings, followed: Followed) {
    this.#context = context;
    this.#settings = settings;
    this.#followed = followed;
    this.values = new SecretValuesCache(context.client);
  }

  async reconcile(signal: AbortSignal): Promise<void> {
    const { name, namespace, owner, clock } = this.#context;
    const { sinks, secrets, agents, configMap, secret } = this.#followed;
    const { teamSecrets } = this.#settings;
    const wanted = new Map<string, Set<string>>();
    for (const { namespace: home, spec } of sinks.list()) {
      if (home !== namespace && !teamSecrets) continue;
      for (const { secret: of, key: named } of referencesIn(spec)) {
        const id = `${home}/${of}`;
        wanted.set(id, (wanted.get(id) ?? new Set()).add(named));
      }
    }
    await this.values.update(wanted, (id) => secrets.get(id), signal);
    const made = `${namespace}/${sinksName({ name })}`;
    const plan = planSinks({
      installation: { name, namespace, owner: owner() },
      ...{ operatorNamespace: namespace, teamSecrets },
      secrets: (id) => this.values.get(id),
      sinks: sinks.list(),
      agents: agents.list(),
      configMap: configMap.get(made),
      secret: secret.get(made),
      now: clock.now(),
    });
    await this.#act(plan, signal);
  }

  async #act({ secret, configMap, statuses }: Plan, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    if (secret !== undefined) await client.apply(secret, signal);
    if (configMap !== undefined) await client.apply(configMap, signal);
    if (secret !== undefined || configMap !== undefined)
      log("info", "agents are given other sinks, or other credentials for them");
    for (const status of statuses)
      try {
        await client.applyStatus(status, signal);
      } catch (error) {
        // It is gone, or another one: the informer will say so.
        if (!isMissing(error) && !isConflict(error)) throw error;
      }
  }
}

/** The controller of AlertSinks, but for what follows from agents: that is the roll-up's. */
export function alertSinksController(context: Context, settings: AlertSinksSettings): Controller {
  const { informers, namespace, name } = context;
  const fieldSelector = `metadata.name=${sinksName({ name })}`;
  const own = { namespace, fieldSelector, project: projectMade };
  const followed: Followed = {
    sinks: informers.open({ resource: resources.alertSinks, project: projectSink, limit: 100 }),
    secrets: informers.open({
      resource: resources.secrets,
      project: projectSecret,
      metadataOnly: true,
      ...(!settings.teamSecrets && { namespace }),
    }),
    agents: informers.open({ resource: resources.nodeAgents, project: projectAgent, limit: 10 }),
    configMap: informers.open({ resource: resources.configMaps, ...own }),
    secret: informers.open({ resource: resources.secrets, ...own }),
  };
  const sinks = new AlertSinks(context, settings, followed);
  return {
    name: "alertsink",
    watches: [
      watch(followed.sinks, () => [key]),
      watch(followed.secrets, ({ key: id }) => (sinks.values.has(id) ? [key] : [])),
      // A heartbeat is nothing to us; the first agent may be one that a test message waits for.
      watch(followed.agents, ({ before }) => (before === undefined ? [key] : [])),
      watch(followed.configMap, () => [key]),
      watch(followed.secret, () => [key]),
    ],
    keys: [key],
    reconcile: (_, signal) => sinks.reconcile(signal),
  };
}
