/**
 * Events (events.k8s.io/v1) as `kubectl describe pod` shows them: one for each matter, repeats as its series. They regard the
 * pod, or the node (in namespace default, as the API wants it for what has no namespace).
 */
import type { Group, Seen } from "./group.ts";
import { countOf, mergePatch, metaOf, post, textOf, type Kind } from "./kind.ts";
import { camelCase, cutBytes } from "./text.ts";

export interface EventKindOptions {
  /** Name of this agent's NodeAgent: what the Events are by. */
  readonly agent: string;
  /** Name of the node. */
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface EventObject {
  readonly eventTime?: unknown;
  readonly series?: { readonly count?: unknown } | null;
}

const API = "events.k8s.io/v1";

/** Bounds of the API: characters of a reason, bytes of a note. */
const bounds = { reason: 128, note: 1024 } as const;

/** Rules of this priority and more urgent ones make Events of type Warning. */
const WARNING = 4;

/**
 * What an Event is about. A node goes by its name as uid, as kubelets have it, so that `kubectl describe node` shows it. What
 * an audit event tells of a namespace is about the namespace.
 */
function regarding({ namespace, pod, podUid }: Group["place"], node: string): object {
  if (pod !== "")
    return { apiVersion: "v1", kind: "Pod", namespace, name: pod, ...(podUid !== "" && { uid: podUid }) };
  if (namespace !== "") return { apiVersion: "v1", kind: "Namespace", name: namespace };
  return { apiVersion: "v1", kind: "Node", name: node, uid: node };
}

const EVERYONES = "default";

export function eventKind({ agent, node, labels }: EventKindOptions): Kind {
  const namespace = ({ place }: Group) => (place.pod === "" ? EVERYONES : place.namespace);
  const folder = (group: Group) => `/apis/${API}/namespaces/${namespace(group)}/events`;
  const path = (group: Group) => `${folder(group)}/${group.name}`;
  return {
    name: "events",
    made: 1,
    create(group) {
      const { rule, priority, output, time } = group.first!;
      return post(folder(group), {
        apiVersion: API,
        kind: "Event",
        metadata: { name: group.name, namespace: namespace(group), labels },
        eventTime: time,
        reportingController: "tiercel.dev/agent",
        reportingInstance: agent,
        action: "Detected",
        reason: camelCase(rule, bounds.reason),
        regarding: regarding(group.place, node),
        note: cutBytes(output, bounds.note),
        type: priority <= WARNING ? "Warning" : "Normal",
      });
    },
    look: (group) => mergePatch(path(group), {}),
    count: (group) =>
      mergePatch(path(group), {
        metadata: { resourceVersion: group.version },
        series: { count: group.base! + group.unsure, lastObservedTime: group.last.time },
      }),
    seen(object): Seen {
      const { eventTime, series } = object as EventObject;
      return {
        ...metaOf(object),
        count: Math.max(1, countOf(series?.count)),
        firstSeen: textOf(eventTime),
        closed: false,
      };
    },
  };
}
