/** What all agents say together: who runs which set, what failed where, what they count. */
import { Totals } from "./totals.ts";
import { fromRuleKey, type AgentView, type SinkCounts, type SinkView } from "./views.ts";

/** One agent that could not load something. */
export interface Failure {
  readonly agent: string;
  readonly role: AgentView["role"];
  readonly digest: string;
  readonly message: string;
}

/** How many agents run a set, by role. */
export interface Runs {
  node: number;
  audit: number;
}

const counters = ["delivered", "failed", "dropped"] as const satisfies (keyof SinkCounts)[];

export class Agents {
  readonly rules = new Totals();
  readonly sinks = new Totals();
  readonly #agents = new Map<string, AgentView>();
  /** Agents whose list of rules had no room for all. */
  readonly #overfull = new Set<string>();
  /** By object: how many of its rules those agents list, all together. */
  readonly #listed = new Map<string, number>();

  /** One agent came, changed or went. Gives the keys of rules' objects and of sinks whose counts changed. */
  change(
    before: AgentView | undefined,
    after: AgentView | undefined,
  ): { rules: Set<string>; sinks: Set<string> } {
    const name = (after ?? before)!.name;
    if (after === undefined) this.#agents.delete(name);
    else this.#agents.set(name, after);
    this.#list(before, -1);
    this.#list(after, 1);
    if ((after?.otherMatches ?? 0) > 0) this.#overfull.add(name);
    else this.#overfull.delete(name);
    return { rules: this.#countRules(before, after), sinks: this.#countSinks(before, after) };
  }

  #list(agent: AgentView | undefined, sign: 1 | -1): void {
    if (agent === undefined || agent.otherMatches === 0) return;
    for (const key of agent.counted.names) {
      const [object] = fromRuleKey(key);
      const listed = (this.#listed.get(object) ?? 0) + sign;
      if (listed === 0) this.#listed.delete(object);
      else this.#listed.set(object, listed);
    }
  }

  #countRules(before: AgentView | undefined, after: AgentView | undefined): Set<string> {
    const changed = new Set<string>();
    const known = new Map(before?.counted.names.map((key, index) => [key, before.counted.matches[index]!]));
    const anew = before?.startTime !== after?.startTime;
    for (const [index, key] of (after?.counted.names ?? []).entries()) {
      const count = after!.counted.matches[index]!;
      const old = known.get(key) ?? 0;
      known.delete(key);
      if (count === old && !anew) continue;
      const [object, rule] = fromRuleKey(key);
      this.rules.add(object, rule, old, count, anew, after!.counted.lastMatches[index]);
      changed.add(object);
    }
    for (const [key, count] of known) {
      const [object, rule] = fromRuleKey(key);
      this.rules.leave(object, rule, count);
      changed.add(object);
    }
    return changed;
  }

  #countSinks(before: AgentView | undefined, after: AgentView | undefined): Set<string> {
    const changed = new Set<string>();
    const known = new Map(before?.sinks.map((sink) => [sink.name, sink]));
    const anew = before?.startTime !== after?.startTime;
    for (const sink of after?.sinks ?? []) {
      const old = known.get(sink.name);
      known.delete(sink.name);
      for (const counter of counters) {
        if (sink[counter] === (old?.[counter] ?? 0) && !anew) continue;
        this.sinks.add(sink.name, counter, old?.[counter] ?? 0, sink[counter], anew);
      }
      changed.add(sink.name);
    }
    for (const sink of known.values()) {
      for (const counter of counters) this.sinks.leave(sink.name, counter, sink[counter]);
      changed.add(sink.name);
    }
    return changed;
  }

  get size(): number {
    return this.#agents.size;
  }

  /** How many agents there are, by role. */
  get roles(): Runs {
    const roles = { node: 0, audit: 0 };
    for (const { role } of this.#agents.values()) roles[role]++;
    return roles;
  }

  /** How many agents run which set. */
  byDigest(): ReadonlyMap<string, Runs> {
    const result = new Map<string, Runs>();
    for (const { digest, role } of this.#agents.values()) {
      let runs = result.get(digest);
      if (runs === undefined) result.set(digest, (runs = { node: 0, audit: 0 }));
      runs[role]++;
    }
    return result;
  }

  /** Agents that could not load something, by the object's key; "" for a whole set. By agents' names. */
  failures(): ReadonlyMap<string, readonly Failure[]> {
    const result = new Map<string, Failure[]>();
    for (const { name, role, digest, failures } of this.#agents.values())
      for (const { key, message } of failures) {
        const failure = { agent: name, role, digest, message };
        const known = result.get(key);
        if (known === undefined) result.set(key, [failure]);
        else if (known.at(-1)!.agent !== name) known.push(failure);
      }
    for (const failures of result.values()) failures.sort((a, b) => (a.agent < b.agent ? -1 : 1));
    return result;
  }

  /** Whether some agent may have counted matches of an object's rules that its list had no room for. */
  isIncomplete(object: string, ruleCount: number): boolean {
    return (this.#listed.get(object) ?? 0) < ruleCount * this.#overfull.size;
  }

  /** What agents say of a sink, with their names. */
  *ofSink(name: string): Iterable<readonly [agent: string, sink: SinkView]> {
    for (const agent of this.#agents.values())
      for (const sink of agent.sinks) if (sink.name === name) yield [agent.name, sink];
  }
}
