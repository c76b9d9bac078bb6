/** What must be done so that the objects of agents are as the settings say. Pure. */
import { digest, type Json } from "../../../agent/rules/canonical-json.ts";
import type { KubeObject } from "../../kube/object.ts";
import { wouldChange } from "../../kube/would-change.ts";

export interface Plan {
  /** Objects that cannot be changed into what they must be, and those that nobody wants any more: deleted first. */
  readonly remove: readonly KubeObject[];
  /** In this order. */
  readonly apply: readonly KubeObject[];
}

/**
 * What an apply led to, by `idOf`, where the answer still was not what was applied: the API server keeps a quantity in
 * another form, or a webhook changes the object on its way. To apply the same again would lead to the same, for ever.
 */
export type Settled = ReadonlyMap<string, { readonly wanted: string; readonly answer: string }>;

export interface Observed {
  readonly wanted: readonly KubeObject[];
  /** Those that carry our labels. */
  readonly there: readonly KubeObject[];
  readonly settled: Settled;
}

/** Kind and name: all of them are in one namespace. */
export const idOf = ({ kind = "", metadata: { name } }: KubeObject): string => `${kind} ${name}`;

/** Which version of an object this is, apart from what it is doing: a change of its status is none. */
export const formOf = (object: KubeObject): string => digest(object as unknown as Json);

export function planAgents({ wanted, there, settled }: Observed): Plan {
  const byId = new Map(there.map((object) => [idOf(object), object]));
  const ids = new Set(wanted.map(idOf));
  const replaced = new Set(wanted.filter((object) => isImmutable(object, byId.get(idOf(object)))).map(idOf));
  return {
    remove: there.filter((object) => replaced.has(idOf(object)) || !ids.has(idOf(object))),
    apply: wanted.filter((object) => {
      const id = idOf(object);
      const live = byId.get(id);
      if (replaced.has(id) || live === undefined) return true;
      return wouldChange(object, live) && !isSettled(object, live, settled);
    }),
  };
}

function isSettled(wanted: KubeObject, live: KubeObject, settled: Settled): boolean {
  const before = settled.get(idOf(wanted));
  return before !== undefined && before.wanted === formOf(wanted) && before.answer === formOf(live);
}

interface WithImmutable extends KubeObject {
  readonly spec?: { readonly clusterIP?: string; readonly selector?: { readonly matchLabels?: object } };
}

/** Whether what differs is what no object of its kind can change: a Service's address, the selector of pods. */
function isImmutable(wanted: WithImmutable, live: WithImmutable | undefined): boolean {
  if (live === undefined) return false;
  const [now, then] = [live.spec, wanted.spec];
  if (wanted.kind === "Service") return then?.clusterIP !== undefined && then.clusterIP !== now?.clusterIP;
  const labels = then?.selector?.matchLabels;
  return labels !== undefined && formOfLabels(labels) !== formOfLabels(now?.selector?.matchLabels ?? {});
}

const formOfLabels = (labels: object): string => digest(labels as Json);
