/** Whether this process may act: the main thread's side of the election. */
import { Worker } from "node:worker_threads";
import type { KubeAccess } from "../../agent/kube/access.ts";
import type { Clock } from "../../agent/kube/clock.ts";
import type { Material } from "../../agent/kube/credentials.ts";
import type { ElectionData, FromElection, ToElection } from "./election-messages.ts";
import type { ElectionTimes } from "./elector.ts";
import type { Log } from "./log.ts";

export interface Leadership {
  /** Whether it may act now. Cheap; asked before each write. */
  leads(): boolean;
  /** Told of each change; without a Lease once, at the start. */
  start(onChange: (leads: boolean) => void): Promise<void>;
  /** Gives it up; call it when nothing acts any more. */
  stop(): Promise<void>;
}

/** For an operator that is alone by order. */
export function alone(): Leadership {
  let started = false;
  return {
    leads: () => started,
    async start(onChange) {
      started = true;
      onChange(true);
    },
    async stop() {
      started = false;
    },
  };
}

export interface LeaseLeadershipOptions {
  readonly access: KubeAccess;
  /** Who we are to the API server, as it is now. */
  readonly material: () => Promise<Material>;
  readonly userAgent: string;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly times: ElectionTimes;
  readonly clock: Clock;
  readonly log: Log;
}

/** So often the thread is given credentials, in milliseconds: a pod's token changes by the hour. */
const refresh = 60_000;

/** How long a stop waits for the Lease to be given back, in milliseconds; without, another operator waits for its end. */
const releaseTime = 1000;

/** Milliseconds before a thread that ended by itself is started anew. */
const restartAfter = 1000;

export class LeaseLeadership implements Leadership {
  readonly #options: LeaseLeadershipOptions;
  readonly #until = new BigInt64Array(new SharedArrayBuffer(8));
  #onChange: (leads: boolean) => void = () => {};
  #worker: Worker | undefined;
  #leads = false;
  #stopping = false;
  #released: () => void = () => {};
  readonly #timers = new Set<() => void>();

  constructor(options: LeaseLeadershipOptions) {
    this.#options = options;
  }

  leads(): boolean {
    return !this.#stopping && process.hrtime.bigint() < Atomics.load(this.#until, 0);
  }

  async start(onChange: (leads: boolean) => void): Promise<void> {
    this.#onChange = onChange;
    await this.#begin();
  }

  async #begin(): Promise<void> {
    const { access, material, log, userAgent, namespace, name, identity, times } = this.#options;
    const given = await material().catch((error: Error) => {
      log("warning", `leader election waits: ${error.message}`, "election");
      return undefined;
    });
    if (this.#stopping) return;
    if (given === undefined) return this.#later(restartAfter, () => void this.#begin());
    const data: ElectionData = {
      server: access.server.href,
      serverName: access.serverName,
      insecure: access.insecure,
      material: given,
      userAgent,
      namespace,
      name,
      identity,
      times,
      until: this.#until,
    };
    const worker = new Worker(new URL("./election-thread.js", import.meta.url), {
      workerData: data,
      name: "election",
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    });
    this.#worker = worker;
    worker.on("message", (message: FromElection) => this.#take(message));
    worker.on("error", (error: Error) =>
      log("error", `leader election failed: ${error.stack ?? error.message}`),
    );
    worker.on("exit", () => this.#ended());
    this.#later(refresh, () => void this.#giveCredentials());
  }

  #later(milliseconds: number, run: () => void): void {
    const cancel = this.#options.clock.after(milliseconds, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #ended(): void {
    this.#worker = undefined;
    this.#released();
    Atomics.store(this.#until, 0, 0n);
    this.#set(false, "");
    if (!this.#stopping) this.#later(restartAfter, () => void this.#begin());
  }

  async #giveCredentials(again = true): Promise<void> {
    const worker = this.#worker;
    const material = await this.#options.material().catch(() => undefined);
    if (worker === undefined || worker !== this.#worker || this.#stopping) return;
    if (material !== undefined) worker.postMessage({ kind: "credentials", material } satisfies ToElection);
    if (again) this.#later(refresh, () => void this.#giveCredentials());
  }

  #take(message: FromElection): void {
    switch (message.kind) {
      case "leads":
        return this.#set(message.leads, message.holder);
      case "fault":
        return this.#options.log("warning", `leader election: ${message.message}; tried again`, "election");
      case "unauthorized":
        return void this.#giveCredentials(false);
      case "released":
        return this.#released();
    }
  }

  #set(leads: boolean, holder: string): void {
    if (leads === this.#leads) return;
    this.#leads = leads;
    const { log, identity, name, namespace } = this.#options;
    const other = holder === "" || holder === identity ? "" : `; ${holder} has it`;
    if (!this.#stopping)
      log(
        leads ? "info" : "warning",
        `${leads ? "this operator acts" : "this operator does not act any more"} (Lease ${namespace}/${name}${other})`,
      );
    this.#onChange(leads);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const cancel of this.#timers) cancel();
    const worker = this.#worker;
    if (worker === undefined) return;
    const released = new Promise<void>((resolve) => (this.#released = resolve));
    worker.postMessage({ kind: "release" } satisfies ToElection);
    const cancel = this.#options.clock.after(releaseTime, this.#released);
    await released;
    cancel();
    await worker.terminate();
  }
}
