/** The capture thread's side of the node thread: questions go out, answers go to state. */
import { Worker } from "node:worker_threads";
import type { HostFacts } from "../../state/host.ts";
import type { State } from "../../state/state.ts";
import type { UserNames } from "../../state/users.ts";
import type { NodeAnswer, NodeFacts, NodeRequest, NodeThreadData } from "./node-messages.ts";

/** Who gets the answers. */
export interface NodeReaders {
  readonly state: State;
  readonly host: HostFacts;
  readonly users: UserNames;
}

export class NodeClient {
  /** Whether environments are read along with processes. */
  environment = false;
  private readonly worker: Worker;
  private readers: NodeReaders | undefined;
  private waiting: (() => void)[] = [];
  private resolving: ((beyond: number) => void)[] = [];
  private last: NodeFacts | undefined;

  constructor(data: NodeThreadData) {
    this.worker = new Worker(new URL("./node-thread.js", import.meta.url), {
      workerData: data,
      trackUnmanagedFds: false,
    });
    this.worker.on("message", (answer: NodeAnswer) => this.take(answer));
  }

  /** Answers go to `readers` from now on. `onError` is told if the thread dies. */
  start(readers: NodeReaders, onError: (error: unknown) => void): void {
    this.readers = readers;
    this.worker.on("error", (error) => {
      for (const resolve of this.waiting.splice(0)) resolve();
      for (const resolve of this.resolving.splice(0)) resolve(0);
      onError(error);
    });
    this.ask({ kind: "host" });
  }

  /** Reads all of /proc into state; resolves when that is done. */
  scan(): Promise<void> {
    this.ask({ kind: "scan", environment: this.environment });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** One process that state knows only by a record. */
  process(pid: number): void {
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
    this.ask({ kind: "names", names });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(0), patience);
      this.resolving.push((beyond) => {
        clearTimeout(timer);
        resolve(beyond);
      });
    });
  }

  /** Mounts and addresses anew. */
  refresh(): void {
    this.ask({ kind: "host" });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private ask(request: NodeRequest): void {
    this.worker.postMessage(request);
  }

  private take(answer: NodeAnswer): void {
    const { readers } = this;
    if (readers === undefined) return;
    switch (answer.kind) {
      case "scan":
        readers.state.learnCgroups(answer.cgroups);
        readers.state.load(answer.processes);
        this.waiting.shift()?.();
        return;
      case "process":
        readers.state.complete(answer.pid, answer.facts);
        return;
      case "users":
        readers.users.learn(answer.containerId, answer.files);
        return;
      case "names":
        readers.host.setAddressNames(answer.names);
        for (const resolve of this.resolving.splice(0)) resolve(answer.beyond);
        return;
      case "host":
        this.takeFacts(answer.facts, readers.host);
    }
  }

  private takeFacts(facts: NodeFacts, host: HostFacts): void {
    host.setAddresses(facts.addresses);
    if (facts.mountinfo !== this.last?.mountinfo) host.setMounts(facts.mountinfo);
    if (facts.services !== this.last?.services) host.setServices(facts.services);
    this.last = facts;
  }
}
