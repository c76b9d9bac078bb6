/** Many agents of one cluster, each with a NodeAgent that it writes as a real one does. */
import type { KubeClient } from "../../agent/kube/client.ts";
import type { Clock } from "../../agent/kube/clock.ts";
import { NodeAgent } from "../../agent/report/node-agent/node-agent.ts";
import type { AgentFacts, RuleFact } from "../../agent/report/node-agent/facts.ts";

export interface MadeAgentsOptions {
  /** Several, so that one connection's questions do not wait for another's. */
  readonly clients: readonly KubeClient[];
  readonly agents: number;
  readonly objects: number;
  readonly rulesPerObject: number;
  readonly namespace: string;
  /** Rules of each agent that match again and again. */
  readonly matching: number;
  readonly clock: Clock;
}

export const objectName = (index: number): string => `rules-${String(index).padStart(3, "0")}`;
export const ruleName = (object: number, index: number): string => `Rule ${index} of object ${object}`;

export class MadeAgents {
  readonly #options: MadeAgentsOptions;
  readonly #agents: readonly NodeAgent[];
  readonly #counts: Float64Array[];
  /** ms since the epoch, by agent and rule. */
  readonly #lastMatches: Float64Array[];
  readonly #began: number;
  #digest = "";
  #matching = true;
  /** NodeAgents that were not written, by their words. */
  readonly said: string[] = [];

  constructor(options: MadeAgentsOptions) {
    this.#options = options;
    this.#began = options.clock.now() - 60_000;
    const row = () => new Float64Array(options.matching);
    this.#counts = Array.from({ length: options.agents }, row);
    this.#lastMatches = Array.from({ length: options.agents }, row);
    this.#agents = Array.from({ length: options.agents }, (_, index) => this.#make(index));
  }

  #make(index: number): NodeAgent {
    const { clients, clock } = this.#options;
    const name = `node-${index}`;
    return new NodeAgent({
      client: clients[index % clients.length]!,
      clock,
      random: Math.random,
      identity: { name, node: name, role: "node", labels: {}, owner: undefined },
      facts: () => this.#facts(index),
      say: (_, message) => this.said.push(message),
    });
  }

  #facts(index: number): AgentFacts {
    const { objects, rulesPerObject, namespace, matching, clock } = this.#options;
    const now = Math.floor(clock.now());
    const counts = this.#counts[index]!;
    const lastMatches = this.#lastMatches[index]!;
    const rules: RuleFact[] = [];
    for (let row = 0; row < matching; row++) {
      // About half of them match between two looks.
      if (this.#matching && Math.random() < 0.5) {
        counts[row]! += 1;
        lastMatches[row] = now;
      }
      const rule = (index * 7 + row * 5) % (objects * rulesPerObject);
      const object = Math.floor(rule / rulesPerObject);
      rules.push({
        namespace,
        object: objectName(object),
        rule: ruleName(object, rule % rulesPerObject),
        matches: counts[row]!,
        lastMatch: BigInt(lastMatches[row]!) * 1_000_000n,
      });
    }
    return {
      startTime: this.#began,
      version: "0.1.0",
      kernel: "6.1.0",
      digest: this.#digest,
      ruleCount: objects * rulesPerObject,
      failures: [],
      capabilities: [],
      events: now - this.#began,
      drops: [],
      rules,
      goneMatches: 0,
      sinks: [],
      heldBack: [],
    };
  }

  /** They begin to run a set, a few at a time. */
  async run(digest: string): Promise<void> {
    this.#digest = digest;
    for (const [index, agent] of this.#agents.entries()) {
      agent.look();
      if (index % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Rules match no more; events go on. */
  rest(): void {
    this.#matching = false;
  }

  /** Writes of all. */
  get writes(): number {
    return this.#agents.reduce((sum, { numbers }) => sum + numbers.writes, 0);
  }

  async close(): Promise<void> {
    this.rest();
    await Promise.all(this.#agents.map((agent) => agent.close()));
  }
}
