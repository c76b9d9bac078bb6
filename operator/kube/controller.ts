/** What a controller is: whom it listens to, and what it does for a key. */
import type { Change, Informer } from "./informer.ts";
import type { Again } from "./work-queue.ts";

/** One source of keys. */
export interface Watch {
  /** Calls `add` with keys as objects change; the returned function ends that. */
  readonly follow: (add: (key: string) => void) => () => void;
  /** The keys of all objects there are. */
  readonly everything: () => Iterable<string>;
}

export interface Controller {
  /** Name in logs and metrics: `falcorule`. */
  readonly name: string;
  /** Keys worked on at a time (1). */
  readonly workers?: number;
  readonly watches: readonly Watch[];
  /** Keys that are worked on at the start though no object has them. */
  readonly keys?: readonly string[];
  /**
   * Makes things right for a key: gathers, plans, acts. It is called after every informer has listed and while this operator
   * leads; once `signal` is aborted it does not lead any more and must not write. Rejects to be called again after a wait.
   * With `after` it is called again then, in milliseconds.
   */
  reconcile(key: string, signal: AbortSignal): Promise<Again | void>;
}

/**
 * Keys from an informer's changes. `keys` gives those of one change (left out: the object's own key); called with `after`
 * alone for each object at the start.
 */
export function watch<T>(
  informer: Informer<T>,
  keys: (change: Change<T>) => Iterable<string> = ({ key }) => [key],
): Watch {
  return {
    follow: (add) =>
      informer.onChange((change) => {
        for (const key of keys(change)) add(key);
      }),
    *everything() {
      for (const [key, after] of informer.entries()) yield* keys({ key, before: undefined, after });
    },
  };
}
