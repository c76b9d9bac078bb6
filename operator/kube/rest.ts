/**
 * Gives memory back once a thread has come to rest. V8 lets a heap grow while there is work, and looks at it again only when
 * something more is wanted: an operator that waits for hours would keep what its start took. Flags that keep a heap small
 * make the work itself two to three times as slow.
 */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock } from "../../agent/kube/clock.ts";

/** Milliseconds between two looks; a heap that did not grow in between is at rest. */
const every = 10_000;

/** Bytes that a heap must have grown by since the last collection for another one to pay. */
const worthwhile = 6 << 20;

export interface Heap {
  /** Bytes it takes from the system. */
  readonly size: () => number;
  readonly collect: () => void;
}

/** This thread's. */
export function ownHeap(): Heap {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return { size: () => getHeapStatistics().total_heap_size, collect };
}

/** Looks at a heap now and then until the returned function is called. */
export function collectAtRest({ size, collect }: Heap, clock: Clock): () => void {
  let collected = 0;
  let before = size();
  let cancel: () => void;
  const look = () => {
    if (size() === before && before > collected + worthwhile) {
      collect();
      collected = size();
    }
    before = size();
    cancel = clock.after(every, look);
  };
  cancel = clock.after(every, look);
  return () => cancel();
}
