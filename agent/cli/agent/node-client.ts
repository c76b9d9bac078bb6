/**
 * The capture thread's side of the node thread: questions go out, answers go to state. The thread is started by the
 * first question and ended when none came for a while: most of the time a node needs none, and it holds megabytes.
 */
import { Worker } from "node:worker_threads";
import type { NodeInput } from "../../state/node-input.ts";
import type { NodeAnswer, NodeRequest, NodeThreadData } from "./node-messages.ts";

/** Who gets the answers. */
export type NodeReader = (input: NodeInput) => void;

export interface NodeClientOptions {
  readonly data: NodeThreadData;
  /** Told when the thread died; the next question starts another one. */
  readonly onError: (error: Error) => void;
  /** ms without a question until the thread ends. */
  readonly idle?: number;
}

export class NodeClient {
  /** Whether environments are read along with processes. */
  environment = false;
  private readonly options: NodeClientOptions;
  private worker: Worker | undefined;
  private reader: NodeReader | undefined;
  /** Questions without an answer yet, those for names apart. */
  private pending = 0;
  private idle: NodeJS.Timeout | undefined;
  private readonly processes = new Set<number>();
  private waiting: (() => void)[] = [];
  private resolving: ((beyond: number) => void)[] = [];
  /** Names that the thread looks up again and again. */
  private names: readonly string[] = [];

  constructor(options: NodeClientOptions) {
    this.options = options;
  }

  /** Answers go to `reader` from now on. */
  start(reader: NodeReader): void {
    this.reader = reader;
  }

  /** Whether the thread runs. */
  get runs(): boolean {
    return this.worker !== undefined;
  }

  /** Reads all of /proc into state; resolves when that is done, or the thread died of it. */
  scan(): Promise<void> {
    this.ask({ kind: "scan", environment: this.environment });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** One process that state knows only by a record. */
  process(pid: number): void {
    this.processes.add(pid);
    this.ask({ kind: "process", pid, environment: this.environment });
  }

  /** Users and groups of a container (or "host"), by the files that its process `pid` sees. */
  usersOf(containerId: string, pid: number): void {
    this.ask({ kind: "users", containerId, pid });
  }

  /**
   * Looks up the host names of rules from now on. Resolves when all were asked for, or after `patience` ms: DNS may take
   * long, and its answers count as they come. Gives how many names were too many.
   */
  lookUp(names: readonly string[], patience: number): Promise<number> {
    const before = this.names;
    this.names = names;
    if (names.length === 0 && before.length === 0) return Promise.resolve(0);
    this.tell({ kind: "names", names });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(0), patience);
      this.resolving.push((beyond) => {
        clearTimeout(timer);
        resolve(beyond);
      });
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    await this.worker?.terminate();
  }

  private ask(request: NodeRequest): void {
    this.pending++;
    this.tell(request);
  }

  private tell(request: NodeRequest): void {
    clearTimeout(this.idle);
    this.worker ??= this.open();
    this.worker.postMessage(request);
  }

  private open(): Worker {
    const worker = new Worker(new URL("./node-thread.js", import.meta.url), {
      workerData: this.options.data,
      // As in capture-client.ts: openat2 is none of Node's calls.
      trackUnmanagedFds: false,
    });
    worker.on("message", (answer: NodeAnswer) => {
      this.take(answer);
      if (this.pending === 0 && this.names.length === 0) this.rest();
    });
    worker.on("error", (error: Error) => this.died(error));
    return worker;
  }

  private rest(): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      void this.worker?.terminate();
      this.worker = undefined;
    }, this.options.idle ?? 10_000);
  }

  /** Nobody waits for a dead thread; what it looked up again and again, the next one goes on with. */
  private died(error: Error): void {
    this.worker = undefined;
    this.pending = 0;
    for (const pid of this.processes) this.reader?.({ kind: "process", pid, facts: undefined });
    this.processes.clear();
    for (const resolve of this.waiting.splice(0)) resolve();
    for (const resolve of this.resolving.splice(0)) resolve(0);
    this.options.onError(error);
  }

  private take(answer: NodeAnswer): void {
    if (answer.kind !== "names") this.pending--;
    if (answer.kind === "process") this.processes.delete(answer.pid);
    this.reader?.(answer);
    if (answer.kind === "scan") this.waiting.shift()?.();
    if (answer.kind === "names") for (const resolve of this.resolving.splice(0)) resolve(answer.beyond);
  }
}
