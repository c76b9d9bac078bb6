/** Whose alerts go to whose sinks (design: AlertSink). Pure. */
import type { Alert } from "../../engine/alert.ts";

/** A sink as routing sees it. */
export interface Routed {
  readonly namespace: string;
  readonly name: string;
}

/** All sinks, found by namespace. */
export class Routes<S extends Routed> {
  readonly #operatorNamespace: string;
  readonly #byNamespace = new Map<string, Map<string, S>>();

  constructor(operatorNamespace: string, sinks: Iterable<S>) {
    this.#operatorNamespace = operatorNamespace;
    for (const sink of sinks) {
      const own = this.#byNamespace.get(sink.namespace) ?? new Map<string, S>();
      this.#byNamespace.set(sink.namespace, own.set(sink.name, sink));
    }
  }

  /**
   * The sinks that an alert may go to; each one's filter is asked after that. A rule that names sinks means those of its
   * own namespace, then the operator's; one that names none means all of the operator's, and all of the namespace that the
   * alert is about. A team's sink never gets an alert that is not about a known pod (or object) of its namespace. `missing`
   * is told of names that no sink has.
   */
  *of(alert: Alert, missing: (name: string) => void): Generator<S> {
    const about = alert.subject?.namespace ?? "";
    if (alert.sinks === undefined) {
      yield* this.#in(this.#operatorNamespace);
      if (about !== "" && about !== this.#operatorNamespace) yield* this.#in(about);
      return;
    }
    const home = alert.identity?.namespace ?? this.#operatorNamespace;
    for (const name of new Set(alert.sinks)) {
      const sink = this.#named(home, name) ?? this.#named(this.#operatorNamespace, name);
      if (sink === undefined) missing(name);
      else if (sink.namespace === this.#operatorNamespace || sink.namespace === about) yield sink;
    }
  }

  #in(namespace: string): Iterable<S> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  #named(namespace: string, name: string): S | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }
}
