/** The audit thread, seen from the main thread. */
import { Worker } from "node:worker_threads";
import type { Alert } from "../../engine/alert.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Log } from "../log.ts";
import type { Source } from "./agent.ts";
import { taken } from "./alert-post.ts";
import type { AuditThreadData, FromAudit, ToAudit } from "./audit-messages.ts";
import { noCounters, type Counters } from "./counters.ts";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface AuditClientOptions {
  readonly onAlerts: (alerts: readonly Alert[]) => void;
  readonly log: Log;
  /** Where its port is taken the agent runs without this source: nobody chose the port, and there are other sources. */
  readonly optional: boolean;
}

export class AuditClient implements Source {
  readonly name = "k8s_audit";
  readonly started: Promise<void>;
  readonly died: Promise<string>;
  private readonly worker: Worker;
  private readonly data: AuditThreadData;
  private readonly options: AuditClientOptions;
  private readonly waiting = new Map<number, Waiter>();
  private nextId = 1;
  private last: Counters = noCounters(this.name);
  private heard = Date.now();
  private start!: Waiter;
  private stopped!: (counters: Counters) => void;
  private readonly end: Promise<Counters>;
  /** It does without: its port is taken. */
  private off = false;
  private stopping = false;

  constructor(data: AuditThreadData, options: AuditClientOptions) {
    this.data = data;
    this.options = options;
    this.started = new Promise((resolve, reject) => (this.start = { resolve, reject }));
    this.end = new Promise((resolve) => (this.stopped = resolve));
    this.worker = new Worker(new URL("./audit-thread.js", import.meta.url), { workerData: data });
    this.worker.on("message", (message: FromAudit) => this.take(message));
    this.died = new Promise((resolve) => {
      const end = (reason: string) => {
        this.start.reject(new Error(reason));
        for (const { reject } of this.waiting.values()) reject(new Error(reason));
        this.stopped(this.last);
        if (!this.stopping && !this.off) resolve(reason);
      };
      this.worker.on("error", (error: Error) => end(error.stack ?? String(error)));
      this.worker.on("exit", () => end("its thread ended"));
    });
  }

  get lastHeard(): number {
    return this.off ? Date.now() : this.heard;
  }

  counters(): Counters {
    return this.last;
  }

  setRules(plan: RuleSetPlan): Promise<void> {
    if (this.off) return Promise.resolve();
    const id = this.nextId++;
    this.tell({ kind: "rules", id, plan });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  stop(): Promise<Counters> {
    this.stopping = true;
    this.tell({ kind: "stop" });
    return this.end;
  }

  private tell(message: ToAudit): void {
    this.worker.postMessage(message);
  }

  private take(message: FromAudit): void {
    this.heard = Date.now();
    const { log, onAlerts } = this.options;
    switch (message.kind) {
      case "listening":
        this.listening(message.url);
        return;
      case "refused":
        this.refused(message.code, message.message);
        return;
      case "rules":
        this.waiting.get(message.id)?.resolve();
        this.waiting.delete(message.id);
        return;
      case "rulesFailed":
        this.waiting.get(message.id)?.reject(new Error(message.message));
        this.waiting.delete(message.id);
        return;
      case "alerts":
        onAlerts(message.alerts);
        taken(this.data.taken, message.alerts.length);
        return;
      case "counters":
        this.last = message.counters;
        return;
      case "log":
        log(message.level, `k8s_audit: ${message.message}`, `k8s_audit ${message.cause}`);
        return;
      case "stopped":
        this.last = message.counters;
        this.stopped(message.counters);
    }
  }

  private listening(url: string): void {
    const { log } = this.options;
    const { clientCa, tokens } = this.data.files;
    log("notice", `k8s_audit listens on ${url}/k8s-audit`);
    const open = clientCa === undefined && tokens === undefined && !/\/\/(127\.|\[::1\])/.test(url);
    if (open)
      log(
        "warning",
        `whoever reaches ${url} can post events; set sources.k8s_audit.token_file or sources.k8s_audit.tls.client_ca`,
      );
    this.start.resolve();
  }

  private refused(code: string | undefined, message: string): void {
    const { address, port } = this.data;
    const taken = code === "EADDRINUSE";
    const listening = code !== undefined && /^E[A-Z]+$/.test(code);
    const reason = taken ? "something else does (EADDRINUSE)" : message;
    const sentence = listening ? `k8s_audit cannot listen on ${address} port ${port}: ${reason}` : message;
    if (!taken || !this.options.optional) {
      this.start.reject(new Error(sentence));
      return;
    }
    this.off = true;
    this.options.log(
      "warning",
      `${sentence}; the agent runs without this source; choose another port by sources.k8s_audit.listen`,
    );
    this.start.resolve();
  }
}
