/** Keeps this agent's NodeAgent: makes it, writes its status when schedule.ts says so. */
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import { asFault } from "../../kube/fault.ts";
import { defaultRetry, retryDelay, type RetryPolicy } from "../../kube/retry.ts";
import { mergePatch, post } from "../kind.ts";
import type { Say } from "../writer.ts";
import type { AgentFacts } from "./facts.ts";
import { changesOf, newsOf, untilWrite, type Written } from "./schedule.ts";
import { StatusMaker } from "./status.ts";

export interface NodeAgentIdentity {
  /** Of the object: the node's, or `audit-` and the pod's. */
  readonly name: string;
  readonly node: string;
  readonly role: "node" | "audit";
  readonly labels: Readonly<Record<string, string>>;
  /** The chart's ClusterRole, which takes the object with it; undefined: it stays. */
  readonly owner: { readonly name: string; readonly uid: string } | undefined;
}

export interface NodeAgentOptions {
  readonly client: Pick<KubeClient, "ask">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly identity: NodeAgentIdentity;
  readonly facts: () => AgentFacts;
  /** Given the object as it is before this agent writes for the first time. Absent: nobody asks. */
  readonly settle?: (object: unknown) => Promise<void>;
  readonly say: Say;
  readonly retry?: RetryPolicy;
}

export interface NodeAgentNumbers {
  readonly writes: number;
  readonly faults: number;
  /** ms since the epoch; undefined for never. */
  readonly lastWrite: number | undefined;
}

/** How often to look whether something changed, ms. */
const LOOK = 5000;

const FOLDER = "/apis/tiercel.dev/v1alpha1/nodeagents";

export class NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly #retry: RetryPolicy;
  readonly #maker = new StatusMaker();
  #written: Written | undefined;
  #made = false;
  /** What an earlier life said of itself was looked at. */
  #settled = false;
  #tries = 0;
  /** Not to be asked before, ms. */
  #rest = 0;
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;
  #numbers: NodeAgentNumbers = { writes: 0, faults: 0, lastWrite: undefined };

  constructor(options: NodeAgentOptions) {
    this.#options = options;
    this.#retry = options.retry ?? defaultRetry;
  }

  get numbers(): NodeAgentNumbers {
    return this.#numbers;
  }

  /** Looks at what there is to tell, now and then on. */
  look(): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#cancel?.();
    const { clock, facts } = this.#options;
    const now = clock.now();
    const rest = this.#rest - now;
    const status = this.#maker.make(facts(), now);
    const wait = Math.max(untilWrite(status, this.#written, now), rest);
    if (wait > 0) {
      this.#cancel = clock.after(Math.min(wait, LOOK), () => this.look());
      return;
    }
    this.#running = this.#write(status).finally(() => {
      this.#running = undefined;
      this.look();
    });
  }

  /** Writes once more if something changed, and then never again. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#closed = true;
    await this.#running;
    const { clock, facts } = this.#options;
    const status = this.#maker.make(facts(), clock.now());
    if (this.#written?.changes !== changesOf(status)) await this.#write(status);
  }

  async #write(made: ReturnType<StatusMaker["make"]>): Promise<void> {
    const { client, clock, random, identity, say, facts } = this.#options;
    let status = made;
    try {
      if (!this.#made) await this.#make();
      if (!this.#settled) {
        await this.#settle();
        status = this.#maker.make(facts(), clock.now());
      }
      await client.ask(mergePatch(`${FOLDER}/${identity.name}/status`, { status }));
      const at = clock.now();
      this.#written = { at, news: newsOf(status), changes: changesOf(status), jitter: random() };
      this.#tries = 0;
      this.#numbers = { ...this.#numbers, writes: this.#numbers.writes + 1, lastWrite: at };
    } catch (error) {
      const fault = asFault(error);
      // 404: somebody deleted it, and it is made anew.
      const gone = fault.status === 404 && this.#made;
      this.#made = this.#made && !gone;
      this.#rest = clock.now() + (gone ? 1000 : retryDelay(fault, ++this.#tries, this.#retry, random));
      this.#numbers = { ...this.#numbers, faults: this.#numbers.faults + 1 };
      say("warning", `NodeAgent ${identity.name} is not written: ${fault.message}`, "report: NodeAgent");
    }
  }

  async #settle(): Promise<void> {
    const { client, identity, settle } = this.#options;
    if (settle !== undefined) {
      const object = await client.ask(mergePatch(`${FOLDER}/${identity.name}/status`, {}));
      await settle(object);
    }
    this.#settled = true;
  }

  async #make(): Promise<void> {
    const { client, identity } = this.#options;
    const { name, node, role, labels, owner } = identity;
    const ownerReferences = [{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", ...owner }];
    try {
      await client.ask(
        post(FOLDER, {
          apiVersion: "tiercel.dev/v1alpha1",
          kind: "NodeAgent",
          metadata: { name, labels, ...(owner !== undefined && { ownerReferences }) },
          spec: { node, role },
        }),
      );
    } catch (error) {
      // It was made in an earlier life.
      if (asFault(error).status !== 409) throw error;
    }
    this.#made = true;
  }
}
