/** The capture thread, seen from the main thread. */
import { Worker } from "node:worker_threads";
import type { Alert } from "../../engine/alert.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { NodeInput } from "../../state/node-input.ts";
import type { Log } from "../log.ts";
import type { Source } from "./agent.ts";
import { taken } from "./alert-post.ts";
import type { CaptureThreadData, ContainerQuestion, FromCapture, ToCapture } from "./capture-messages.ts";
import { readNodeFacts } from "./node-facts.ts";
import { noCounters, type Counters } from "./counters.ts";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Who is told what the thread says by itself. */
export interface CaptureHandlers {
  readonly onAlerts: (alerts: readonly Alert[]) => void;
  /** Once a second, with the time of the last event. */
  readonly onCounters: (counters: Counters, time: bigint) => void;
  /** Asks who a container is; answer with `tellNode`. */
  readonly onContainer: (question: ContainerQuestion) => void;
  readonly log: Log;
}

export class CaptureClient implements Source {
  readonly name = "syscall";
  readonly started: Promise<void>;
  readonly died: Promise<string>;
  private readonly worker: Worker;
  private readonly data: CaptureThreadData;
  private readonly handlers: CaptureHandlers;
  private last: Counters = noCounters(this.name);
  private readonly waiting = new Map<number, Waiter>();
  private nextId = 1;
  private start!: Waiter;
  private stopped!: (counters: Counters) => void;
  private readonly end: Promise<Counters>;
  private stopping = false;
  private heard = Date.now();

  constructor(data: CaptureThreadData, handlers: CaptureHandlers) {
    this.data = data;
    this.handlers = handlers;
    this.started = new Promise((resolve, reject) => (this.start = { resolve, reject }));
    this.end = new Promise((resolve) => (this.stopped = resolve));
    this.worker = new Worker(new URL("./capture-thread.js", import.meta.url), {
      workerData: data,
      transferList: data.recording === undefined ? [] : [data.recording],
      // Descriptors come from calls that Node does not know and would warn about when they are closed.
      trackUnmanagedFds: false,
    });
    this.worker.on("message", (message: FromCapture) => this.take(message));
    this.died = new Promise((resolve) => {
      const end = (reason: string) => {
        this.start.reject(new Error(reason));
        for (const { reject } of this.waiting.values()) reject(new Error(reason));
        this.stopped(this.last);
        if (!this.stopping) resolve(reason);
      };
      this.worker.on("error", (error: Error) => end(error.stack ?? String(error)));
      this.worker.on("exit", () => end("its thread ended"));
    });
  }

  get lastHeard(): number {
    return this.heard;
  }

  counters(): Counters {
    return this.last;
  }

  setRules(plan: RuleSetPlan): Promise<void> {
    const id = this.nextId++;
    this.tell({ kind: "rules", id, plan });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  stop(): Promise<Counters> {
    this.stopping = true;
    this.tell({ kind: "stop" });
    return this.end;
  }

  /** Tells the thread what was learnt of the node. */
  tellNode(input: NodeInput): void {
    this.tell({ kind: "input", input });
  }

  private tell(message: ToCapture): void {
    this.worker.postMessage(message);
  }

  private take(message: FromCapture): void {
    this.heard = Date.now();
    switch (message.kind) {
      case "attached":
        this.start.resolve();
        return;
      case "refused":
        this.start.reject(new Error(message.message));
        return;
      case "host":
        this.tellNode(readNodeFacts());
        return;
      case "container":
        this.handlers.onContainer(message);
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
        this.handlers.onAlerts(message.alerts);
        taken(this.data.taken, message.alerts.length);
        return;
      case "counters":
        this.last = message.counters;
        this.handlers.onCounters(message.counters, message.time);
        return;
      case "log":
        this.handlers.log(message.level, message.message);
        return;
      case "stopped":
        this.last = message.counters;
        this.stopped(message.counters);
    }
  }
}
