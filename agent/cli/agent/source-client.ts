/** A source's thread, seen from the main thread: what is the same for all sources. */
import type { Worker } from "node:worker_threads";
import type { Alert } from "../../engine/alert.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Source } from "./agent.ts";
import { taken } from "./alert-post.ts";
import { noCounters, type Counters } from "./counters.ts";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What every source's thread is told. */
type ToSource =
  { readonly kind: "rules"; readonly id: number; readonly plan: RuleSetPlan } | { readonly kind: "stop" };

/** What every source's thread says. */
type FromSource =
  | { readonly kind: "rules"; readonly id: number }
  | { readonly kind: "rulesFailed"; readonly id: number; readonly message: string }
  | { readonly kind: "alerts"; readonly alerts: readonly Alert[] }
  | { readonly kind: "counters"; readonly counters: Counters }
  | { readonly kind: "stopped"; readonly counters: Counters };

export interface SourceParts {
  readonly name: string;
  readonly worker: Worker;
  /** Alerts that were taken, as its thread sees it (alert-post.ts). */
  readonly taken: Int32Array;
  readonly onAlerts: (alerts: readonly Alert[]) => void;
}

/** `To` and `From` are what this source's thread is told and says, that among it. */
export abstract class SourceClient<To, From> implements Source {
  readonly name: string;
  readonly started: Promise<void>;
  readonly died: Promise<string>;
  private readonly parts: SourceParts;
  private readonly waiting = new Map<number, Waiter>();
  private nextId = 1;
  private last: Counters;
  private heard = Date.now();
  private stopped!: (counters: Counters) => void;
  private readonly end: Promise<Counters>;
  private stopping = false;
  /** Settles `started`. */
  protected start!: Waiter;

  constructor(parts: SourceParts) {
    this.parts = parts;
    this.name = parts.name;
    this.last = noCounters(parts.name);
    this.started = new Promise((resolve, reject) => (this.start = { resolve, reject }));
    this.end = new Promise((resolve) => (this.stopped = resolve));
    const { worker } = parts;
    worker.on("message", (message: From) => {
      this.heard = Date.now();
      this.take(message);
    });
    this.died = new Promise((resolve) => {
      const end = (reason: string) => {
        this.start.reject(new Error(reason));
        for (const { reject } of this.waiting.values()) reject(new Error(reason));
        this.stopped(this.last);
        if (!this.stopping && !this.isOff) resolve(reason);
      };
      worker.on("error", (error: Error) => end(error.stack ?? String(error)));
      worker.on("exit", () => end("its thread ended"));
    });
  }

  /** Whether the agent does without this source; its thread may end then. */
  protected get isOff(): boolean {
    return false;
  }

  get lastHeard(): number {
    return this.isOff ? Date.now() : this.heard;
  }

  counters(): Counters {
    return this.last;
  }

  setRules(plan: RuleSetPlan): Promise<void> {
    if (this.isOff) return Promise.resolve();
    const id = this.nextId++;
    this.tell({ kind: "rules", id, plan });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  stop(): Promise<Counters> {
    this.stopping = true;
    this.tell({ kind: "stop" });
    return this.end;
  }

  protected tell(message: To | ToSource): void {
    this.parts.worker.postMessage(message);
  }

  /** Takes what the thread says: its own messages, and all others by `takeCommon`. */
  protected abstract take(message: From): void;

  protected takeCommon(message: FromSource): void {
    switch (message.kind) {
      case "rules":
        this.waiting.get(message.id)?.resolve();
        this.waiting.delete(message.id);
        return;
      case "rulesFailed":
        this.waiting.get(message.id)?.reject(new Error(message.message));
        this.waiting.delete(message.id);
        return;
      case "alerts":
        this.parts.onAlerts(message.alerts);
        taken(this.parts.taken, message.alerts.length);
        return;
      case "counters":
        this.last = message.counters;
        return;
      case "stopped":
        this.last = message.counters;
        this.stopped(message.counters);
    }
  }
}
