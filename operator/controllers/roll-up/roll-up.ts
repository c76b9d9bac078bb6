/**
 * Follows what agents, rules and sinks say and knows which statuses are to be written. No I/O: the controller feeds it and
 * writes what it gives. Only objects that a change touches are looked at again.
 */
import { Agents, type Runs } from "./agents.ts";
import { summarize, type SetHistory } from "./loaded.ts";
import { Budget, dueAt, urgencyOf, type Urgency } from "./pace.ts";
import { ruleStatus, sinkStatus } from "./statuses.ts";
import { fromStatus, sinkRows } from "./stored.ts";
import type { AgentView, AlertSinkView, RollUpStatus, RuleView, SinkRollUp } from "./views.ts";

/** A status to write. */
export type Write =
  | { readonly kind: "FalcoRule"; readonly key: string; readonly uid: string; readonly status: RollUpStatus }
  | { readonly kind: "AlertSink"; readonly key: string; readonly uid: string; readonly status: SinkRollUp };

/** A status that differs from what is there. */
interface Difference {
  readonly write: Write;
  readonly urgency: Urgency;
  /** When it was first seen, ms. */
  readonly since: number;
}

export class RollUp {
  readonly #agents = new Agents();
  readonly #rules = new Map<string, RuleView>();
  readonly #sinks = new Map<string, AlertSinkView>();
  readonly #sets: SetHistory;
  readonly #budget = new Budget();
  /** Objects to look at again, `FalcoRule KEY`. */
  readonly #touched = new Set<string>();
  /** By object. */
  readonly #differences = new Map<string, Difference>();
  /** When an object was written last, ms. */
  readonly #written = new Map<string, number>();
  #desired: Runs = { node: 0, audit: 0 };
  #allRules = false;

  constructor(sets: SetHistory) {
    this.#sets = sets;
  }

  /** How many agents there should be. */
  desire(desired: Runs): void {
    if (desired.node === this.#desired.node && desired.audit === this.#desired.audit) return;
    this.#desired = desired;
    this.#allRules = true;
  }

  /** The operator has another set, or knows more of an earlier one. */
  setsChanged(): void {
    this.#allRules = true;
  }

  /** An agent came, changed or went. */
  agent(before: AgentView | undefined, after: AgentView | undefined): void {
    const { rules, sinks } = this.#agents.change(before, after);
    for (const key of rules) this.#touched.add(`FalcoRule ${key}`);
    for (const key of sinks) this.#touched.add(`AlertSink ${key}`);
    if (!sameRun(before, after)) this.#allRules = true;
  }

  rule(key: string, after: RuleView | undefined): void {
    const { rules } = this.#agents;
    const id = `FalcoRule ${key}`;
    const before = this.#rules.get(key);
    if (after === undefined || before?.uid !== after.uid) this.#forget(id, () => rules.end(key));
    if (after === undefined) {
      this.#rules.delete(key);
      return;
    }
    this.#rules.set(key, after);
    if (!rules.has(key)) rules.begin(key, fromStatus(after.ours));
    this.#touched.add(id);
  }

  sink(key: string, after: AlertSinkView | undefined): void {
    const { sinks } = this.#agents;
    const id = `AlertSink ${key}`;
    const before = this.#sinks.get(key);
    if (after === undefined || before?.uid !== after.uid) this.#forget(id, () => sinks.end(key));
    if (after === undefined) {
      this.#sinks.delete(key);
      return;
    }
    this.#sinks.set(key, after);
    if (!sinks.has(key)) sinks.begin(key, sinkRows(after.ours));
    this.#touched.add(id);
  }

  #forget(id: string, end: () => void): void {
    end();
    this.#differences.delete(id);
    this.#written.delete(id);
    this.#touched.delete(id);
  }

  /**
   * What to write now, most urgent first, oldest first; and in how many milliseconds to ask again: undefined where nothing
   * will be to write until something changes. What is given counts as written.
   */
  plan(now: number): { readonly writes: readonly Write[]; readonly after: number | undefined } {
    this.#look(now);
    const due = [...this.#differences]
      .map(([id, difference]) => {
        const { urgency, since } = difference;
        return { id, difference, at: dueAt(urgency, since, this.#written.get(id) ?? -Infinity) };
      })
      .sort((a, b) => a.difference.urgency - b.difference.urgency || a.at - b.at);
    const writes: Write[] = [];
    let after: number | undefined;
    for (const { id, difference, at } of due) {
      const { urgency, write } = difference;
      if (at <= now && this.#budget.take(urgency, now)) {
        writes.push(write);
        this.#written.set(id, now);
        this.#differences.delete(id);
        continue;
      }
      const wait = Math.max(at - now, this.#budget.wait(urgency, now), 1);
      after = Math.min(after ?? Infinity, wait);
    }
    return { writes, after };
  }

  /** A write came to nothing: it is to be planned again. */
  failed({ kind, key }: Write): void {
    this.#touched.add(`${kind} ${key}`);
  }

  #look(now: number): void {
    if (this.#allRules) for (const key of this.#rules.keys()) this.#touched.add(`FalcoRule ${key}`);
    this.#allRules = false;
    if (this.#touched.size === 0) return;
    const summary = summarize(this.#agents, this.#desired);
    for (const id of this.#touched) {
      const [kind, key] = [id.slice(0, id.indexOf(" ")), id.slice(id.indexOf(" ") + 1)];
      const write = kind === "FalcoRule" ? this.#ofRule(key, summary, now) : this.#ofSink(key, now);
      this.#compare(id, write, now);
    }
    this.#touched.clear();
  }

  #ofRule(key: string, summary: ReturnType<typeof summarize>, now: number): Write | undefined {
    const rule = this.#rules.get(key);
    // Who judges rules has not seen this version yet; what follows from it would be about another.
    if (rule === undefined || rule.observedGeneration !== rule.generation) return undefined;
    const status = ruleStatus(rule, this.#agents, summary, this.#sets, now);
    return { kind: "FalcoRule", key, uid: rule.uid, status };
  }

  #ofSink(key: string, now: number): Write | undefined {
    const sink = this.#sinks.get(key);
    if (sink === undefined || sink.observedGeneration !== sink.generation) return undefined;
    return { kind: "AlertSink", key, uid: sink.uid, status: sinkStatus(sink, this.#agents, now) };
  }

  #compare(id: string, write: Write | undefined, now: number): void {
    const there =
      write?.kind === "FalcoRule" ? this.#rules.get(write.key) : this.#sinks.get(write?.key ?? "");
    const urgency = write === undefined ? undefined : urgencyOf(write.status, there!.ours);
    if (write === undefined || urgency === undefined) {
      this.#differences.delete(id);
      return;
    }
    const known = this.#differences.get(id);
    this.#differences.set(id, { write, urgency, since: known?.since ?? now });
  }
}

/** Whether nothing changed that rules' nodes, failures and messages follow from. */
function sameRun(a: AgentView | undefined, b: AgentView | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.role === b.role &&
    a.digest === b.digest &&
    a.otherMatches > 0 === b.otherMatches > 0 &&
    JSON.stringify(a.failures) === JSON.stringify(b.failures)
  );
}
