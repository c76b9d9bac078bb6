/** What must be done so that the objects that come with Tiercel are there, and people's edits of them stay. Pure. */
import type { KubeObject } from "../../kube/object.ts";
import { wouldChange } from "../../kube/would-change.ts";
import { keepEdits } from "./keep-edits.ts";

/** Label of the objects that come with Tiercel (`image`) or are made of the chart's values (`values`). */
export const originLabel = "tiercel.dev/origin";

export interface Step {
  readonly object: KubeObject;
  /** Paths of fields that are left as somebody else has set them. */
  readonly edits: readonly string[];
}

/** An object as it should be, and as it is where it is there. */
export interface Pair {
  readonly wanted: KubeObject;
  readonly live: KubeObject | undefined;
}

/** What is to be applied. */
export function planDefaults(pairs: readonly Pair[]): Step[] {
  return pairs.flatMap(({ wanted, live }) => {
    if (live === undefined) return [{ object: wanted, edits: [] }];
    const { object, edits } = keepEdits(wanted, live);
    if (!wouldChange(object, live)) return [];
    // Somebody may edit it just now: then the version is another one, and we look again.
    const { resourceVersion } = live.metadata;
    return [
      { object: { ...object, metadata: { ...object.metadata, resourceVersion } } as KubeObject, edits },
    ];
  });
}
