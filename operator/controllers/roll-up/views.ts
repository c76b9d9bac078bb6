/** What is kept of NodeAgents, FalcoRules and AlertSinks: little, since there are many. */
import type { AlertSink } from "../../api/generated/alertsinks.ts";
import type { FalcoRule } from "../../api/generated/falcorules.ts";
import type { NodeAgent } from "../../api/generated/nodeagents.ts";
import type { Condition } from "../../api/object-meta.ts";
import { conditionTypes } from "../../api/reasons.ts";
import { keyOf, type KubeObject } from "../../kube/object.ts";

/** Running totals of one agent's life, by `NAMESPACE/OBJECT RULE`. */
export interface Counted {
  readonly names: readonly string[];
  readonly matches: Float64Array;
  /** ms since the epoch; 0 for none. */
  readonly lastMatches: Float64Array;
}

export interface SinkCounts {
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
}

export interface SinkView extends SinkCounts {
  readonly name: string;
  readonly spooled: number;
  /** ms since the epoch; 0 for none. */
  readonly lastDelivery: number;
  /** "" where the last delivery worked. */
  readonly lastError: string;
}

export interface AgentView {
  readonly name: string;
  readonly role: "node" | "audit";
  readonly startTime: string;
  readonly digest: string;
  readonly failures: readonly { readonly key: string; readonly message: string }[];
  readonly counted: Counted;
  /** Matches of rules that its list had no room for. */
  readonly otherMatches: number;
  readonly sinks: readonly SinkView[];
}

/** Texts that many objects share, once: a name would be kept for each node. */
const texts = new Map<string, string>();

/** Beyond this they are forgotten; those in use stay where they are. */
const mostTexts = 50_000;

function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= mostTexts) texts.clear();
  texts.set(text, text);
  return text;
}

const milliseconds = (time: string | undefined): number => {
  const value = time === undefined ? 0 : Date.parse(time);
  return Number.isNaN(value) ? 0 : value;
};

/** `NAMESPACE/OBJECT RULE`: neither of the first two holds a blank. */
export const ruleKey = (namespace: string, object: string, rule: string): string =>
  `${namespace}/${object} ${rule}`;

/** The object's key, and the rule's name. */
export function fromRuleKey(key: string): readonly [object: string, rule: string] {
  const blank = key.indexOf(" ");
  return [key.slice(0, blank), key.slice(blank + 1)];
}

export function projectAgent(raw: KubeObject): AgentView {
  const { metadata, spec, status = {} } = raw as unknown as NodeAgent;
  const { rules = [], failures = [], sinks = [] } = status;
  return {
    name: metadata.name,
    role: spec.role,
    startTime: status.startTime ?? "",
    digest: shared(status.digest ?? ""),
    failures: failures.map(({ namespace, object, message }) => ({
      key: object === undefined ? "" : keyOf({ namespace, name: object }),
      message: shared(message),
    })),
    counted: {
      names: rules.map(({ namespace, object, rule }) => shared(ruleKey(namespace, object, rule))),
      matches: Float64Array.from(rules, ({ matches }) => matches),
      lastMatches: Float64Array.from(rules, ({ lastMatch }) => milliseconds(lastMatch)),
    },
    otherMatches: status.otherMatches ?? 0,
    sinks: sinks.map((sink) => ({
      name: shared(sink.name),
      delivered: sink.delivered ?? 0,
      failed: sink.failed ?? 0,
      dropped: sink.dropped ?? 0,
      spooled: sink.spooled ?? 0,
      lastDelivery: milliseconds(sink.lastDelivery),
      lastError: shared(sink.lastError ?? ""),
    })),
  };
}

type RuleStatus = NonNullable<FalcoRule["status"]>;

/** A FalcoRule, and that part of its status that is this controller's. */
export interface RuleView {
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  /** The generation that was judged last. */
  readonly observedGeneration: number;
  /** Of the version that is in the set; "" for none. */
  readonly digest: string;
  /** Whether some rule asks for events of nodes, and of audit logs. */
  readonly asks: { readonly node: boolean; readonly audit: boolean };
  /** Rules of the object. */
  readonly ruleCount: number;
  readonly accepted: Condition | undefined;
  readonly distributed: Condition | undefined;
  readonly ours: RollUpStatus;
}

/** What this controller writes of a FalcoRule's status. */
export interface RollUpStatus {
  readonly nodes?: RuleStatus["nodes"];
  readonly rules?: RuleStatus["rules"];
  readonly matches?: number;
  readonly lastMatch?: string;
  readonly conditions: readonly Condition[];
}

const auditSource = "k8s_audit";

export function projectRule(raw: KubeObject): RuleView {
  const { metadata, spec, status = {} } = raw as unknown as FalcoRule;
  const { conditions = [], nodes, rules, matches, lastMatch } = status;
  const condition = (type: string) => conditions.find((each) => each.type === type);
  const own = spec.rules ?? [];
  const sources = own.map(({ source }) => source ?? spec.source ?? "syscall");
  const audit = sources.includes(auditSource);
  return {
    key: keyOf(raw.metadata),
    uid: metadata.uid ?? "",
    generation: metadata.generation ?? 0,
    observedGeneration: status.observedGeneration ?? 0,
    digest: status.digest ?? "",
    // An object of macros and lists alone is for all nodes.
    asks: { node: !audit || sources.some((source) => source !== auditSource), audit },
    ruleCount: own.length,
    accepted: condition(conditionTypes.accepted),
    distributed: condition(conditionTypes.distributed),
    ours: {
      ...(nodes !== undefined && { nodes }),
      ...(rules !== undefined && { rules }),
      ...(matches !== undefined && { matches }),
      ...(lastMatch !== undefined && { lastMatch }),
      conditions: [condition(conditionTypes.loaded), condition(conditionTypes.ready)].filter(
        (each) => each !== undefined,
      ),
    },
  };
}

type SinkStatus = NonNullable<AlertSink["status"]>;

export interface AlertSinkView {
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly accepted: Condition | undefined;
  readonly ours: SinkRollUp;
}

/** What this controller writes of an AlertSink's status. */
export interface SinkRollUp extends Pick<
  SinkStatus,
  "delivered" | "failed" | "dropped" | "spooled" | "running" | "lastDelivery" | "lastError"
> {
  readonly conditions: readonly Condition[];
}

export function projectSink(raw: KubeObject): AlertSinkView {
  const { metadata, status = {} } = raw as unknown as AlertSink;
  const { conditions = [], observedGeneration = 0 } = status;
  const condition = (type: string) => conditions.find((each) => each.type === type);
  const names = [
    "delivered",
    "failed",
    "dropped",
    "spooled",
    "running",
    "lastDelivery",
    "lastError",
  ] as const;
  const ready = condition(conditionTypes.ready);
  return {
    key: keyOf(raw.metadata),
    uid: metadata.uid ?? "",
    generation: metadata.generation ?? 0,
    observedGeneration,
    accepted: condition(conditionTypes.accepted),
    ours: {
      ...Object.fromEntries(
        names.flatMap((name) => (status[name] === undefined ? [] : [[name, status[name]]])),
      ),
      conditions: ready === undefined ? [] : [ready],
    },
  };
}
