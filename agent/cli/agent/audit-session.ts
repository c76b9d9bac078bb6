/** What runs on the audit thread: server, engine, and the swap of rule sets between two events. */
import { setImmediate } from "node:timers/promises";
import { auditAccess } from "../../engine/audit-access.ts";
import { internalAlert } from "../../engine/alert.ts";
import type { EngineParts } from "../../engine/build.ts";
import { rememberingReaders } from "../../engine/remembering-readers.ts";
import { RuleCounts } from "../../engine/rule-counts.ts";
import { TokenBucket } from "../../engine/token-bucket.ts";
import type { AuditEvent } from "../../engine/audit-event.ts";
import { events } from "../../events/table.ts";
import { auditReadersOf } from "../../fields/index.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import { AuditServer } from "../../sources/k8s-audit/server.ts";
import { AlertPost } from "./alert-post.ts";
import type { AuditThreadData, FromAudit } from "./audit-messages.ts";
import { AuditPipeline, type DroppedEvent } from "./audit-pipeline.ts";
import { compileEngine } from "./compile-engine.ts";
import { noCounters, type Counters } from "./counters.ts";
import { suppressedAlerts } from "./engine-parts.ts";
import { ruleNumbers } from "./rule-numbers.ts";
import { runSlice } from "./slices.ts";

/** Longest time that rules are tried before requests get their turn, ms. */
const SLICE_MILLISECONDS = 10;
/** Between two looks at counters, ms. */
const TICK_MILLISECONDS = 1000;
/** Alerts about events that were left out: a second, and at once. All are counted. */
const DROP_ALERTS = [0.1, 10] as const;

const now = () => BigInt(Date.now()) * 1_000_000n;

export class AuditSession {
  private readonly data: AuditThreadData;
  private readonly post: (message: FromAudit) => void;
  private readonly pipeline: AuditPipeline;
  private readonly alerts: AlertPost;
  private readonly counts: RuleCounts;
  private readonly dropAlerts = new TokenBucket(...DROP_ALERTS);
  private server!: AuditServer;
  private ticker: NodeJS.Timeout | undefined;
  private installing: Promise<void> = Promise.resolve();
  /** Bodies are tried one after the other, in the order in which they came; the first waits for the first rule set. */
  private line: Promise<void>;
  private begin!: () => void;

  /** Listens. @throws CredentialsError, NodeJS.ErrnoException */
  static async open(data: AuditThreadData, post: (message: FromAudit) => void): Promise<AuditSession> {
    const session = new AuditSession(data, post);
    session.server = await AuditServer.listen({
      address: data.address,
      port: data.port,
      files: data.files,
      take: (body) => session.take(body),
      log: (level, message, cause) => post({ kind: "log", level, message, cause }),
    });
    session.ticker = setInterval(() => session.tick(), TICK_MILLISECONDS);
    return session;
  }

  private constructor(data: AuditThreadData, post: (message: FromAudit) => void) {
    this.data = data;
    this.post = post;
    this.pipeline = new AuditPipeline({
      hostname: data.hostname,
      now,
      onDrop: (dropped) => this.sayDropped(dropped),
    });
    this.alerts = new AlertPost((alerts) => post({ kind: "alerts", alerts }), data.taken, data.capacity);
    this.counts = new RuleCounts(data.rate);
    this.line = new Promise((resolve) => (this.begin = resolve));
  }

  /** Where it listens, without path. */
  get url(): string {
    return this.server.url;
  }

  /** For one engine: what its readers remember goes with it. */
  private engineParts(): EngineParts<AuditEvent> {
    const { hostname, matching, staticFields, base64Buffers } = this.data;
    const readers = rememberingReaders<AuditEvent>(auditReadersOf(staticFields));
    return {
      source: "k8s_audit",
      readers,
      access: auditAccess(readers, hostname),
      counts: this.counts,
      codes: events.map(({ name }) => name),
      base64Buffers,
      options: {
        matching,
        emit: (alert) => this.alerts.push(alert),
        onFault: ({ rule }, error) =>
          this.log("error", `rule "${rule}" failed on an event: ${textOf(error)}`, `rule ${rule}`),
      },
    };
  }

  private log(level: "error" | "warning", message: string, cause: string): void {
    this.post({ kind: "log", level, message, cause });
  }

  /** Puts a rule set in force, one after the other in the order of the calls. */
  setRules(id: number, plan: RuleSetPlan): void {
    this.installing = this.installing.then(async () => {
      try {
        const engine = await compileEngine(plan, this.engineParts());
        this.pipeline.engine = engine;
        this.counts.keep(new Set(engine.rules.map((rule) => rule.count)));
        this.begin();
        this.post({ kind: "rules", id });
      } catch (error) {
        this.post({ kind: "rulesFailed", id, message: (error as Error).message });
      }
    });
  }

  /** Tries the rules on a body's events when those before it are done. @throws BodyError */
  private take(body: Buffer): Promise<void> {
    const work = this.line.then(() => this.try(body));
    this.line = work.catch(() => undefined);
    return work;
  }

  private async try(body: Buffer): Promise<void> {
    if (this.pipeline.engine === undefined) throw new Error("the agent ends before its rules are in force");
    const steps = this.pipeline.take(body);
    try {
      while (!runSlice(steps, SLICE_MILLISECONDS, () => performance.now()).done) await setImmediate();
    } finally {
      this.alerts.flush();
    }
    await setImmediate();
  }

  private sayDropped({ drop, bytes, facts }: DroppedEvent): void {
    const time = now();
    if (!this.dropAlerts.take(time)) return;
    const message = `An audit event was left out: ${drop} (${bytes} bytes)`;
    const about = { time, hostname: this.data.hostname };
    const fields = { reason: drop, bytes, ...facts };
    this.alerts.push(internalAlert("audit event drop", 4, message, fields, about));
  }

  private tick(): void {
    this.saySuppressed();
    this.alerts.flush();
    this.post({ kind: "counters", counters: this.counters() });
  }

  private saySuppressed(): void {
    const about = { time: now(), hostname: this.data.hostname };
    for (const alert of suppressedAlerts(this.counts, about)) this.alerts.push(alert);
  }

  private counters(): Counters {
    const { events: seen, matched, drops } = this.pipeline;
    return {
      ...noCounters("k8s_audit"),
      events: seen,
      matched,
      drops: [...drops].map(([cause, count]) => ({ cause, event: "", count })),
      overflow: this.alerts.overflow,
      ...ruleNumbers(this.counts),
      requests: Object.entries(this.server.outcomes()).map(([outcome, count]) => ({ outcome, count })),
    };
  }

  /** Takes no more requests, answers those that are there, and says the final numbers. */
  async stop(): Promise<void> {
    clearInterval(this.ticker);
    this.begin();
    await this.server.close();
    this.saySuppressed();
    this.alerts.flush();
    this.post({ kind: "stopped", counters: this.counters() });
  }
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
