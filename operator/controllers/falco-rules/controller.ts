/**
 * All FalcoRules of the cluster → one set in ConfigMaps. There is one key: an edit of any object, of a namespace's labels or
 * of a sink makes the set be judged anew, of which only what the edit can reach is work. The index is written before any
 * status says so.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { buildCatalogue } from "../../../agent/fields/index.ts";
import { Judge, type Judgement, type SetSettings } from "../../../agent/rules/set/judge.ts";
import { objectKey } from "../../../agent/rules/set/order.ts";
import type { SetChoice, SetObject } from "../../../agent/rules/set/rule-set.ts";
import { indexName, maxObjectBytes, objectBytes, ruleSetLabels } from "../../resources/rule-set.ts";
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { Change, Informer } from "../../kube/informer.ts";
import { resources } from "../../kube/resources.ts";
import type { Again } from "../../kube/work-queue.ts";
import { collect } from "./collect.ts";
import { resolved } from "./resolve.ts";
import { ruleSetsOf, type RuleSets } from "./rule-sets.ts";
import { falcoRuleStatusController } from "./status-controller.ts";
import { StoredSet } from "./stored-set.ts";
import { withoutRoom, type Claim } from "./room.ts";
import { leftOutStatus, noRoom, setStatus, tooLarge, type SetStatus } from "./status.ts";
import {
  projectAgent,
  projectConfigMap,
  projectNamespace,
  projectRule,
  projectSink,
  type ConfigMapView,
  type NamespaceView,
  type RuleView,
} from "./view.ts";

export interface FalcoRuleOptions {
  /** Settings `rules` and `priority`. */
  readonly choices: readonly SetChoice[];
  readonly priority: string;
}

/** All is one piece of work: each object may change what others mean. */
const key = "set";

/** Milliseconds of judging after which others get the thread. */
const slice = 10;

/**
 * Milliseconds between two indexes. The first edit is written at once; of many that come together, as an install brings
 * them, each would else be a whole set of its own, for the API server to keep and for every agent to read.
 */
const distance = 250;

interface Followed {
  readonly rules: Informer<RuleView>;
  readonly namespaces: Informer<NamespaceView>;
  readonly sinks: Informer<string>;
  readonly agents: Informer<string>;
  readonly configMaps: Informer<ConfigMapView>;
}

/** A FalcoRule as the judge sees it: the same values as long as nothing of it changes. */
interface Resolved {
  readonly uid: string;
  readonly generation: number;
  readonly from: SetObject;
  readonly to: SetObject;
}

class RuleSetWork {
  readonly #context: Context;
  readonly #options: FalcoRuleOptions;
  readonly #followed: Followed;
  readonly #sets: RuleSets;
  readonly #stored: StoredSet;
  readonly #judge = new Judge(buildCatalogue());
  #resolved: ReadonlyMap<string, Resolved> = new Map();
  /** Objects of the set in the cluster; undefined before it was read. */
  #current: readonly SetObject[] | undefined;
  /** Of the last index, and when it was written, milliseconds. */
  #digest = "";
  #writtenAt = -Infinity;
  readonly #unwanted = new Map<string, number>();
  readonly #bytes = new WeakMap<SetObject, number>();

  constructor(context: Context, options: FalcoRuleOptions, followed: Followed) {
    this.#context = context;
    this.#options = options;
    this.#followed = followed;
    this.#sets = ruleSetsOf(context);
    this.#stored = new StoredSet(context, this.#sets, followed.configMaps);
  }

  /** What a new leader knows is not what another wrote meanwhile. */
  forget(): void {
    this.#current = undefined;
  }

  async reconcile(signal: AbortSignal): Promise<Again | void> {
    const { clock } = this.#context;
    const wait = this.#writtenAt + distance - clock.now();
    // A longer one comes of a clock that was put back.
    if (wait > 0 && wait <= distance) return { after: wait };
    const current = (this.#current ??= await this.#stored.read(signal));
    const { objects, leftOut } = this.#gather(current);
    const judgement = await this.#judged(objects, current);
    const { shards, after } = await this.#stored.write(judgement, signal);
    if (judgement.digest !== this.#digest) this.#writtenAt = clock.now();
    this.#digest = judgement.digest;
    this.#current = judgement.set.objects;
    this.#tell(judgement, leftOut);
    return sooner(after, await this.#collect(judgement.digest, shards, signal));
  }

  #gather(current: readonly SetObject[]) {
    const { rules, namespaces } = this.#followed;
    const all = [...namespaces.list()];
    const running = new Map(current.map((object) => [objectKey(object), object]));
    const leftOut = new Map<string, SetStatus>();
    const fitting: { readonly rule: RuleView; readonly from: SetObject; readonly to: SetObject }[] = [];
    const claims: Claim[] = [];
    for (const rule of rules.list()) {
      const { key: name, uid, object, generation, metadata } = rule;
      const known = this.#resolved.get(name);
      const isSame = known?.uid === uid && known.generation === generation;
      const from = isSame ? known.from : object;
      const bytes = this.#bytesOf(from);
      if (bytes > maxObjectBytes) {
        leftOut.set(name, leftOutStatus(tooLarge(bytes, maxObjectBytes), rule));
        continue;
      }
      const before = running.get(name);
      const most = before === undefined ? bytes : Math.max(bytes, this.#bytesOf(before));
      const created = metadata.creationTimestamp ?? "";
      claims.push({ key: name, namespace: object.namespace, created, bytes: most });
      fitting.push({ rule, from, to: resolved(isSame ? known.to : from, all) });
    }
    const out = withoutRoom(claims, this.#context.namespace);
    const objects: SetObject[] = [];
    const kept = new Map<string, Resolved>();
    for (const { rule, from, to } of fitting) {
      const { key: name, uid, generation } = rule;
      const why = out.get(name);
      if (why !== undefined) leftOut.set(name, leftOutStatus(noRoom(why), rule));
      else {
        kept.set(name, { uid, generation, from, to });
        objects.push(to);
      }
    }
    this.#resolved = kept;
    return { objects, leftOut };
  }

  /** Counted once a version. */
  #bytesOf(object: SetObject): number {
    const known = this.#bytes.get(object);
    if (known !== undefined) return known;
    const bytes = objectBytes(object);
    this.#bytes.set(object, bytes);
    return bytes;
  }

  /** Judges in slices. Last good versions follow their namespace selectors too. */
  async #judged(objects: readonly SetObject[], before: readonly SetObject[]): Promise<Judgement> {
    const { clock, namespace } = this.#context;
    const all = [...this.#followed.namespaces.list()];
    const settings: SetSettings = { operatorNamespace: namespace, ...this.#options };
    const steps = this.#judge.judging(
      objects,
      before.map((object) => resolved(object, all)),
      settings,
    );
    let since = clock.now();
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      if (clock.now() - since < slice) continue;
      await nextTurn();
      since = clock.now();
    }
  }

  #tell({ verdicts }: Judgement, leftOut: ReadonlyMap<string, SetStatus>): void {
    const { namespace } = this.#context;
    const hasSink = (name: string) => this.#followed.sinks.get(name) !== undefined;
    const statuses = new Map(leftOut);
    for (const verdict of verdicts) {
      const name = objectKey(verdict.object);
      statuses.set(name, setStatus(verdict, this.#resolved.get(name)!, namespace, hasSink));
    }
    this.#sets.judged(statuses);
  }

  /** Deletes shards that nobody needs any more. */
  async #collect(
    digest: string,
    wanted: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { clock, client, namespace } = this.#context;
    const shards = new Set([...this.#followed.configMaps.list()].map(({ name }) => name));
    shards.delete(indexName(this.#context));
    const now = clock.now();
    for (const name of this.#unwanted.keys())
      if (wanted.has(name) || !shards.has(name)) this.#unwanted.delete(name);
    for (const name of shards)
      if (!wanted.has(name) && !this.#unwanted.has(name)) this.#unwanted.set(name, now);
    const behind = [...this.#followed.agents.list()].filter((running) => running !== digest).length;
    const { remove, after } = collect(this.#unwanted, behind, now);
    for (const name of remove)
      await client.delete({ resource: resources.configMaps, namespace, name }, {}, signal);
    return after;
  }
}

/** When there is something to look at again; undefined: not by itself. */
function sooner(one: number | undefined, other: number | undefined): Again | undefined {
  const after = Math.min(one ?? Infinity, other ?? Infinity);
  return after === Infinity ? undefined : { after };
}

/** What matters of a FalcoRule to the set: its spec. */
const specChanged = ({ before, after }: Change<RuleView>) =>
  before?.generation !== after?.generation || before?.uid !== after?.uid;

/** The controllers of FalcoRules: one for the set, one for what is said of each object. */
export function falcoRuleControllers(context: Context, options: FalcoRuleOptions): Controller[] {
  const { informers, namespace } = context;
  const labelSelector = Object.entries(ruleSetLabels(context))
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  const followed: Followed = {
    rules: informers.open({ resource: resources.falcoRules, project: projectRule, limit: 10 }),
    namespaces: informers.open({ resource: resources.namespaces, project: projectNamespace }),
    sinks: informers.open({ resource: resources.alertSinks, project: projectSink, limit: 10 }),
    agents: informers.open({ resource: resources.nodeAgents, project: projectAgent, limit: 10 }),
    configMaps: informers.open({
      resource: resources.configMaps,
      namespace,
      labelSelector,
      project: projectConfigMap,
      limit: 10,
    }),
  };
  const work = new RuleSetWork(context, options, followed);
  const always = () => [key];
  const set: Controller = {
    name: "falcorule",
    watches: [
      watch(followed.rules, (change) => (specChanged(change) ? [key] : [])),
      watch(followed.namespaces, always),
      watch(followed.sinks, always),
      // What someone deleted or changed is written again.
      watch(followed.configMaps, ({ after }) => (after === undefined || after.digest !== "" ? [key] : [])),
      {
        follow: () => {
          work.forget();
          return () => {};
        },
        everything: () => [],
      },
    ],
    keys: [key],
    reconcile: (_, signal) => work.reconcile(signal),
  };
  return [set, falcoRuleStatusController(context, ruleSetsOf(context), followed.rules)];
}
