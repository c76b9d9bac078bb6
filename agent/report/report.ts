/** Tells the cluster: alerts become SecurityAlerts and Events, the agent's own state its NodeAgent. */
import type { Alert } from "../engine/alert.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import type { RetryPolicy } from "../kube/retry.ts";
import { WriteBudget } from "./budget.ts";
import { eventKind } from "./event.ts";
import { Ledger, type HeldCause, type LedgerBounds, type LedgerNumbers } from "./ledger.ts";
import { groupId, matchOf, objectName, placeOf } from "./match.ts";
import type { AgentFacts } from "./node-agent/facts.ts";
import { KeptCounts } from "./node-agent/kept-counts.ts";
import { NodeAgent, type NodeAgentIdentity, type NodeAgentNumbers } from "./node-agent/node-agent.ts";
import { alertKind } from "./security-alert.ts";
import { Spool, type Saved } from "./spool.ts";
import { Writer, type Book, type Say, type WriterNumbers } from "./writer.ts";

export interface ReportOptions {
  readonly client: Pick<KubeClient, "ask">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly say: Say;
  readonly identity: NodeAgentIdentity;
  /** The operator's. */
  readonly namespace: string;
  /** The least urgent priorities that become SecurityAlerts and Events. */
  readonly least: { readonly alerts: Alert["priority"]; readonly events: Alert["priority"] };
  readonly writesPerMinute: number;
  /** Where what waits is kept; undefined: in memory alone. */
  readonly folder: string | undefined;
  /** Rules whose counts are kept there at most. */
  readonly counts: number;
  /** All but what was held back here. */
  readonly facts: () => Omit<AgentFacts, "heldBack">;
  readonly bounds?: LedgerBounds;
  readonly retry?: RetryPolicy;
}

export interface ReportStatus {
  readonly alerts: LedgerNumbers;
  readonly events: LedgerNumbers;
  readonly writer: WriterNumbers;
  readonly nodeAgent: NodeAgentNumbers;
  /** Matches of rules beyond those whose counts are kept on the disk. */
  readonly notKept: number;
}

export interface Report {
  /** Takes alerts; never blocks and never throws. */
  publish(alerts: readonly Alert[]): void;
  status(): ReportStatus;
  /** The rule set changed: told at once. */
  changed(): void;
  /** Writes what it can in that many milliseconds and keeps the rest on disk. */
  stop(milliseconds: number): Promise<void>;
}

/** How often what waits goes to the disk, ms: often where it is little, since a killed agent loses what came since. */
const SAVE = { little: 1000, much: 10_000 } as const;

/** Characters of the file from which on it is much. */
const MUCH = 256 << 10;

/** Reads what an earlier life left, and begins. */
export async function openReport(options: ReportOptions): Promise<Report> {
  const report = new ClusterReport(options);
  await report.begin();
  return report;
}

class ClusterReport implements Report {
  readonly #options: ReportOptions;
  readonly #alerts: Book;
  readonly #events: Book;
  readonly #writer: Writer;
  readonly #nodeAgent: NodeAgent;
  readonly #spool: Spool | undefined;
  readonly #counts: KeptCounts | undefined;
  #saving: Promise<void> | undefined;
  #cancelSave: (() => void) | undefined;

  constructor(options: ReportOptions) {
    const { client, clock, random, say, identity, namespace, folder, retry } = options;
    const { name: agent, node, labels } = identity;
    const tuned = retry === undefined ? {} : { retry };
    this.#options = options;
    this.#alerts = { kind: alertKind({ agent, namespace, labels }), ledger: new Ledger(options.bounds) };
    this.#events = { kind: eventKind({ agent, node, labels }), ledger: new Ledger(options.bounds) };
    const budget = new WriteBudget(options.writesPerMinute);
    const books = [this.#alerts, this.#events];
    this.#writer = new Writer({ client, clock, random, budget, books, say, ...tuned });
    const facts = () => this.#facts();
    this.#spool = folder === undefined ? undefined : new Spool(folder);
    const { startTime } = options.facts();
    const rules = () => options.facts().rules;
    const kept = { clock, startTime, rules, most: options.counts, say };
    const counts = folder === undefined ? undefined : new KeptCounts({ folder, ...kept });
    this.#counts = counts;
    const settle = counts && { settle: (object: unknown) => counts.settle(object) };
    this.#nodeAgent = new NodeAgent({ client, clock, random, identity, facts, say, ...settle, ...tuned });
  }

  async begin(): Promise<void> {
    const { clock, say } = this.#options;
    try {
      const saved = (await this.#spool?.load(clock.now())) ?? {};
      for (const { kind, ledger } of [this.#alerts, this.#events])
        for (const group of saved[kind.name] ?? []) ledger.restore(group);
    } catch (error) {
      say("error", `reports that waited when the agent ended are lost: ${(error as Error).message}`);
    }
    await this.#counts?.open();
    this.#nodeAgent.look();
    this.#work();
  }

  #facts(): AgentFacts {
    const facts = this.#options.facts();
    const rules = [...facts.rules, ...(this.#counts?.carried ?? [])];
    return { ...facts, rules, heldBack: this.#heldBack() };
  }

  publish(alerts: readonly Alert[]): void {
    const { clock, least, identity } = this.#options;
    const now = clock.now();
    for (const alert of alerts) {
      const { priority } = alert;
      if (priority > least.alerts && priority > least.events) continue;
      const match = matchOf(alert);
      const place = placeOf(alert);
      const id = groupId(alert, identity.name);
      const name = objectName(match.rule, id);
      if (priority <= least.alerts) this.#alerts.ledger.take(id, name, place, match, now);
      if (priority <= least.events) this.#events.ledger.take(id, name, place, match, now);
    }
    this.#counts?.soon();
    this.#work();
  }

  status(): ReportStatus {
    return {
      alerts: this.#alerts.ledger.numbers,
      events: this.#events.ledger.numbers,
      writer: this.#writer.numbers,
      nodeAgent: this.#nodeAgent.numbers,
      notKept: this.#counts?.notKept ?? 0,
    };
  }

  changed(): void {
    this.#nodeAgent.look();
  }

  async stop(milliseconds: number): Promise<void> {
    const { clock } = this.#options;
    this.#cancelSave?.();
    let over = () => {};
    const deadline = new Promise<void>((resolve) => (over = resolve));
    const cancel = clock.after(milliseconds, over);
    await Promise.race([deadline, Promise.all([this.#writer.flush(), this.#nodeAgent.close()])]);
    cancel();
    this.#writer.close();
    await this.#saving;
    await this.#counts?.end();
    if (!(await this.#save())) for (const { ledger } of [this.#alerts, this.#events]) ledger.end();
  }

  #work(): void {
    this.#writer.wake();
    const waits = this.#alerts.ledger.waits || this.#events.ledger.waits;
    // Once more when nothing waits any longer, so that the file goes.
    const save = waits || this.#spool?.filled === true;
    if (this.#spool === undefined || !save || this.#cancelSave !== undefined) return;
    this.#cancelSave = this.#options.clock.after(SAVE[this.#spool.length < MUCH ? "little" : "much"], () => {
      this.#cancelSave = undefined;
      this.#saving = this.#save().then(() => {
        this.#saving = undefined;
        this.#work();
      });
    });
  }

  /** False where what waits could not be kept. */
  async #save(): Promise<boolean> {
    const waits = this.#alerts.ledger.waits || this.#events.ledger.waits;
    if (this.#spool === undefined) return !waits;
    const saved: Saved = {
      [this.#alerts.kind.name]: this.#alerts.ledger.saved(),
      [this.#events.kind.name]: this.#events.ledger.saved(),
    };
    try {
      await this.#spool.save(saved);
      return true;
    } catch (error) {
      const reason = (error as Error).message;
      this.#options.say("error", `reports that wait are not kept on disk: ${reason}`, "report: disk");
      return !waits;
    }
  }

  #heldBack(): AgentFacts["heldBack"] {
    const sums = new Map<HeldCause, number>();
    for (const { ledger } of [this.#alerts, this.#events])
      for (const [cause, count] of Object.entries(ledger.numbers.held) as [HeldCause, number][])
        sums.set(cause, (sums.get(cause) ?? 0) + count);
    return [...sums].map(([cause, count]) => ({ cause, count }));
  }
}
