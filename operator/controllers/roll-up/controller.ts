/**
 * Rolls up what agents say into the status of FalcoRules (nodes, rules, matches, lastMatch, conditions Loaded and Ready) and
 * of AlertSinks (delivered to lastError, condition Ready). These parts are this controller's alone; it has a field manager
 * of its own, so that who judges rules and sinks writes the rest without a thought of it.
 */
import { isConflict, isMissing } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import type { Controller } from "../../kube/controller.ts";
import type { Change, Informer } from "../../kube/informer.ts";
import { fromKey, type KubeObject } from "../../kube/object.ts";
import { apiVersionOf, resources } from "../../kube/resources.ts";
import type { Runs } from "./agents.ts";
import type { SetHistory } from "./loaded.ts";
import { RollUp, type Write } from "./roll-up.ts";
import {
  projectAgent,
  projectRule,
  projectSink,
  type AgentView,
  type AlertSinkView,
  type RuleView,
} from "./views.ts";

export interface RollUpOptions {
  /** Which object's version each set holds. */
  readonly sets: SetHistory & { onChange(listener: () => void): () => void };
}

/** All is one piece of work: what is written follows from all agents. */
const key = "roll-up";

/** Milliseconds in which changes are taken together. */
const GATHER = 300;

const manager = "tiercel-operator-roll-up";

/** How many pods a workload of agents wants. */
interface Workload {
  readonly name: string;
  readonly desired: number;
}

function projectWorkload(raw: KubeObject): Workload {
  const { spec, status } = raw as KubeObject & {
    spec?: { replicas?: number };
    status?: { desiredNumberScheduled?: number };
  };
  const desired = raw.kind === "DaemonSet" ? status?.desiredNumberScheduled : spec?.replicas;
  return { name: raw.metadata.name, desired: desired ?? 0 };
}

interface Followed {
  readonly agents: Informer<AgentView>;
  readonly rules: Informer<RuleView>;
  readonly sinks: Informer<AlertSinkView>;
  readonly nodes: Informer<Workload>;
  readonly audits: Informer<Workload>;
}

class RollUpWork {
  readonly #context: Context;
  readonly #options: RollUpOptions;
  readonly #followed: Followed;
  #state: RollUp | undefined;

  constructor(context: Context, options: RollUpOptions, followed: Followed) {
    this.#context = context;
    this.#options = options;
    this.#followed = followed;
  }

  /** Begins with what informers have, and follows their changes; `add` is called soon after the first of some. */
  follow(add: (key: string) => void): () => void {
    const { agents, rules, sinks, nodes, audits } = this.#followed;
    const { clock } = this.#context;
    const state = new RollUp(this.#options.sets);
    this.#state = state;
    let cancel: (() => void) | undefined;
    const soon = () => {
      cancel ??= clock.after(GATHER, () => {
        cancel = undefined;
        add(key);
      });
    };
    const desire = () => {
      state.desire(this.#desired());
      soon();
    };
    const agent = ({ before, after }: Pick<Change<AgentView>, "before" | "after">) => {
      state.agent(before, after);
      soon();
    };
    const rule = ({ key: object, after }: Change<RuleView>) => {
      state.rule(object, after);
      soon();
    };
    const sink = ({ key: object, after }: Change<AlertSinkView>) => {
      state.sink(object, after);
      soon();
    };
    // Agents first: an object's totals begin with what agents have counted by then.
    for (const after of agents.list()) agent({ before: undefined, after });
    for (const [object, after] of rules.entries()) rule({ key: object, before: undefined, after });
    for (const [object, after] of sinks.entries()) sink({ key: object, before: undefined, after });
    desire();
    const ends = [
      agents.onChange(agent),
      rules.onChange(rule),
      sinks.onChange(sink),
      nodes.onChange(desire),
      audits.onChange(desire),
      this.#options.sets.onChange(() => {
        state.setsChanged();
        soon();
      }),
    ];
    return () => {
      cancel?.();
      for (const end of ends) end();
    };
  }

  #desired(): Runs {
    const { nodes, audits } = this.#followed;
    const sum = (workloads: Iterable<Workload>) =>
      [...workloads].reduce((total, { desired }) => total + desired, 0);
    return { node: sum(nodes.list()), audit: sum(audits.list()) };
  }

  async reconcile(signal: AbortSignal): Promise<{ after: number } | void> {
    const state = this.#state;
    if (state === undefined) return;
    const { writes, after } = state.plan(this.#context.clock.now());
    let failure: Error | undefined;
    for (const write of writes)
      try {
        await this.#write(write, signal);
      } catch (error) {
        state.failed(write);
        // It is gone, or another one: the informers will say so.
        if (isMissing(error) || isConflict(error)) continue;
        failure ??= error as Error;
      }
    if (failure !== undefined) throw failure;
    return after === undefined ? undefined : { after };
  }

  async #write({ kind, key: object, uid, status }: Write, signal: AbortSignal): Promise<void> {
    const resource = kind === "FalcoRule" ? resources.falcoRules : resources.alertSinks;
    // With its uid, so that an object which took the name of a deleted one is not given that one's counts.
    const metadata = { ...fromKey(object), uid };
    const applied = { apiVersion: apiVersionOf(resource), kind, metadata, status };
    await this.#context.client.applyStatus(applied, signal, manager);
  }
}

export function rollUpController(context: Context, options: RollUpOptions): Controller {
  const { informers, namespace, name } = context;
  const labelSelector = (component: string) =>
    `app.kubernetes.io/instance=${name},app.kubernetes.io/component=${component}`;
  const workload = { namespace, project: projectWorkload };
  const work = new RollUpWork(context, options, {
    agents: informers.open({ resource: resources.nodeAgents, project: projectAgent, limit: 10 }),
    rules: informers.open({ resource: resources.falcoRules, project: projectRule, limit: 10 }),
    sinks: informers.open({ resource: resources.alertSinks, project: projectSink, limit: 10 }),
    nodes: informers.open({
      ...workload,
      resource: resources.daemonSets,
      labelSelector: labelSelector("agent"),
    }),
    audits: informers.open({
      ...workload,
      resource: resources.deployments,
      labelSelector: labelSelector("audit"),
    }),
  });
  return {
    name: "roll-up",
    watches: [{ follow: (add) => work.follow(add), everything: () => [] }],
    keys: [key],
    reconcile: (_, signal) => work.reconcile(signal),
  };
}
