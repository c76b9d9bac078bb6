/**
 * SecurityAlerts: made with the first match as spec; then everything else goes through the status, whose `state` belongs to
 * people and is never written here. They are read by an empty patch, since the agent may not get them.
 */
import { priorityName } from "../engine/alert.ts";
import type { Group, Seen } from "./group.ts";
import { countOf, mergePatch, metaOf, post, textOf, type Kind } from "./kind.ts";
import type { Match } from "./match.ts";

export interface AlertKindOptions {
  /** Name of this agent's NodeAgent. */
  readonly agent: string;
  /** The operator's namespace: for matters of no namespace. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface AlertObject {
  readonly status?: {
    readonly count?: unknown;
    readonly firstSeen?: unknown;
    readonly state?: unknown;
  };
}

const API = "tiercel.dev/v1alpha1";

/** Parts that are "" are left out. */
function spec(match: Match, { place }: Group, node: string): object {
  const { rule, object, priority, source, tags, container, containerId, image, output, fields } = match;
  const [namespace, name] = object;
  const texts = { pod: place.pod, podUID: place.podUid, container, containerID: containerId, image, output };
  return {
    rule: rule === "" ? "-" : rule,
    ...(name !== "" && { falcoRule: { namespace, name } }),
    priority: priorityName(priority),
    source,
    tags,
    node,
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== "")),
    outputFields: fields,
  };
}

export function alertKind({ agent, namespace, labels }: AlertKindOptions): Kind {
  const folder = ({ place }: Group) =>
    `/apis/${API}/namespaces/${place.namespace || namespace}/securityalerts`;
  const path = (group: Group) => `${folder(group)}/${group.name}`;
  return {
    name: "alerts",
    // A new object's status is not taken.
    made: 0,
    create: (group) =>
      post(folder(group), {
        apiVersion: API,
        kind: "SecurityAlert",
        metadata: { name: group.name, labels },
        spec: spec(group.first!, group, agent),
      }),
    look: (group) => mergePatch(path(group), {}),
    count: (group) =>
      mergePatch(`${path(group)}/status`, {
        metadata: { resourceVersion: group.version },
        status: {
          count: group.base! + group.unsure,
          ...(group.base === 0 && { firstSeen: group.first!.time }),
          lastSeen: group.last.time,
          lastOutput: group.last.output,
        },
      }),
    seen(object): Seen {
      const { status } = object as AlertObject;
      return {
        ...metaOf(object),
        count: countOf(status?.count),
        firstSeen: textOf(status?.firstSeen),
        closed: status?.state === "Closed",
      };
    },
  };
}
