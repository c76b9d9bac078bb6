/** An informer's changes as the events that @dot-i/k8s-operator's handlers know. */
import dotI, { ResourceEventType, type ResourceEvent } from "@dot-i/k8s-operator";
import type { KubernetesObject } from "@kubernetes/client-node";
import type { Informer } from "./informer.ts";
import type { KubeObject } from "./object.ts";
import type { Work } from "./work-queue.ts";

/**
 * Work that tells a handler what became of a key since it was told last. Where the handler rejects, so does the work, and the
 * next time it is told of the object as it is then.
 */
export function eventsOf(
  informer: Informer<KubeObject>,
  plural: string,
  onEvent: (event: ResourceEvent) => Promise<void>,
): { readonly work: Work; readonly keys: () => Iterable<string> } {
  const told = new Map<string, KubeObject>();
  const work: Work = async (key) => {
    const before = told.get(key);
    const after = informer.get(key);
    const object = after ?? before;
    if (object === undefined) return;
    const type =
      after === undefined
        ? ResourceEventType.Deleted
        : before === undefined
          ? ResourceEventType.Added
          : ResourceEventType.Modified;
    // A copy: handlers of the base class change what they are given.
    const copy = structuredClone(object) as unknown as KubernetesObject;
    await onEvent({ type, object: copy, meta: dotI.ResourceMetaImpl.createWithPlural(plural, copy) });
    if (after === undefined) told.delete(key);
    else told.set(key, after);
  };
  const keys = function* () {
    yield* told.keys();
    for (const [key] of informer.entries()) yield key;
  };
  return { work, keys };
}
