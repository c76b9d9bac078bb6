/** What F-sinks must hold and what is said of each AlertSink. Pure. */
import { conditionOf } from "../../api/condition.ts";
import { conditionTypes, reasons } from "../../api/reasons.ts";
import type { KubeObject } from "../../kube/object.ts";
import { apiVersionOf, resources } from "../../kube/resources.ts";
import { wouldChange } from "../../kube/would-change.ts";
import {
  sinkEntry,
  sinksConfigMap,
  sinksSecret,
  sinkValues,
  type SinkForAgents,
  type SinksInstallation,
} from "../../resources/sinks.ts";
import { judge, type Judged, type JudgeContext } from "./judge.ts";
import type { AgentView, Made, OwnStatus, SinkView } from "./view.ts";

export interface Observed extends JudgeContext {
  readonly installation: SinksInstallation;
  readonly sinks: Iterable<SinkView>;
  readonly agents: Iterable<AgentView>;
  /** F-sinks as they are; undefined: not there. */
  readonly configMap: Made | undefined;
  readonly secret: Made | undefined;
  /** ms since the epoch. */
  readonly now: number;
}

export type SinkStatus = KubeObject & { readonly status: OwnStatus };

export interface Plan {
  /** In this order: agents must find the value of each key that the ConfigMap names. */
  readonly secret: KubeObject | undefined;
  readonly configMap: KubeObject | undefined;
  readonly statuses: readonly SinkStatus[];
}

/** Sinks of one team, and of the cluster, that agents are given. */
export const mostOfTeam = 16;
export const mostSinks = 500;

/** Bytes that each of the two objects may have; etcd takes 1.5 MiB with all that surrounds them. */
const mostBytes = 900_000;

export function planSinks(observed: Observed): Plan {
  const { installation, operatorNamespace, now } = observed;
  const judged = within(
    [...observed.sinks].sort(byAge(operatorNamespace)).map((sink) => judge(sink, observed)),
    operatorNamespace,
  );
  const node = nodeForTests(observed.agents);
  const tests = new Map(judged.map(({ sink }) => [sink.key, testOf(sink, node, now)]));
  const given = judged
    .flatMap(({ sink: { key, namespace, name, spec }, values }): SinkForAgents[] => {
      if (values === undefined) return [];
      const test = tests.get(key);
      const message = test?.node === undefined ? undefined : { id: test.id, node: test.node };
      return [{ namespace, name, spec, values, ...(message !== undefined && { test: message }) }];
    })
    .sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
  const secret = sinksSecret(installation, given);
  const configMap = sinksConfigMap(installation, given);
  return {
    secret: wouldChange(secret, observed.secret) ? secret : undefined,
    configMap: wouldChange(configMap, observed.configMap) ? configMap : undefined,
    statuses: judged.flatMap((each) => statusWrite(each, tests.get(each.sink.key), now)),
  };
}

const keyText = ({ namespace, name }: SinkForAgents) => `${namespace}/${name}`;

/** The operator's first, then the oldest: who comes late takes nothing from others. */
function byAge(operatorNamespace: string): (a: SinkView, b: SinkView) => number {
  const rank = ({ namespace, created, key }: SinkView) =>
    `${namespace === operatorNamespace ? 0 : 1} ${created} ${key}`;
  return (a, b) => (rank(a) < rank(b) ? -1 : 1);
}

/** Takes out those that are beyond a bound, and says so. */
function within(judged: readonly Judged[], operatorNamespace: string): readonly Judged[] {
  const ofTeam = new Map<string, number>();
  let all = 0;
  let configBytes = 0;
  let secretBytes = 0;
  return judged.map((each) => {
    const { sink, values } = each;
    if (values === undefined) return each;
    const { namespace, name, spec } = sink;
    const own = { namespace, name, spec };
    const out = (message: string): Judged => ({
      sink,
      said: { status: "False", reason: reasons.tooMany, message },
      values: undefined,
    });
    const count = (ofTeam.get(namespace) ?? 0) + 1;
    if (namespace !== operatorNamespace && count > mostOfTeam)
      return out(
        `namespace ${namespace} has more than ${mostOfTeam} sinks; the oldest ${mostOfTeam} are used`,
      );
    if (all >= mostSinks) return out(`the cluster has more than ${mostSinks} sinks; the oldest are used`);
    const entry = Buffer.byteLength(JSON.stringify(sinkEntry(own))) + 600;
    const secrets = [...sinkValues({ ...own, values })].reduce(
      (sum, [key, value]) => sum + key.length + Math.ceil(Buffer.byteLength(value) / 3) * 4 + 8,
      0,
    );
    if (configBytes + entry > mostBytes || secretBytes + secrets > mostBytes)
      return out("all sinks together are too large for one ConfigMap and one Secret; the oldest are used");
    ofTeam.set(namespace, count);
    all++;
    configBytes += entry;
    secretBytes += secrets;
    return each;
  });
}

/** The node whose agent spoke last. */
function nodeForTests(agents: Iterable<AgentView>): string | undefined {
  let best: AgentView | undefined;
  for (const agent of agents)
    if (best === undefined || `${agent.heartbeat} ${agent.node}` > `${best.heartbeat} ${best.node}`)
      best = agent;
  return best?.node;
}

/** The test message that is asked for: once a node has it, it stays there. */
function testOf({ test: id, status }: SinkView, node: string | undefined, now: number): OwnStatus["test"] {
  if (id === undefined) return undefined;
  if (status.test?.id === id && status.test.node !== undefined) return status.test;
  if (node === undefined) return { id };
  return { id, node, time: `${new Date(now).toISOString().slice(0, 19)}Z` };
}

function statusWrite({ sink, said }: Judged, test: OwnStatus["test"], now: number): readonly SinkStatus[] {
  const { generation, metadata, status } = sink;
  const { name, namespace, uid } = metadata;
  const common = { apiVersion: apiVersionOf(resources.alertSinks), kind: resources.alertSinks.kind };
  const wanted: SinkStatus = {
    ...common,
    // With its uid, so that an object that took the name of a deleted one is not told what that one was.
    metadata: { name, ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) },
    status: {
      observedGeneration: generation,
      conditions: [conditionOf(conditionTypes.accepted, said, generation, status.conditions ?? [], now)],
      ...(test !== undefined && { test }),
    },
  };
  return wouldChange(wanted, { ...common, metadata, status } as KubeObject, "status") ? [wanted] : [];
}
