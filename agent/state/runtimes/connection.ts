/** One socket of a container runtime: connected, asked, watched, and connected again after it broke. */
import type { ContainerFacts } from "../container-facts.ts";
import { Remembered } from "./remembered.ts";
import { DEADLINE, RuntimeError, type Clock, type Happenings, type RuntimeClient } from "./runtime.ts";
import type { Found } from "./sockets.ts";

/** Answers that may fail to come, one after the other, until the runtime counts as hanging. */
const PATIENCE = 3;
/** Ceiling of the wait before a connection is tried again, ms: it doubles from the first to the second. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 10_000;
/** How often all containers are listed, ms: what events missed is made up then. */
const RELIST = 60_000;
/** Containers whose end is waited for. */
const MAX_KNOWN = 16_384;

/** What is counted of one socket. */
export interface ConnectionCounters {
  /** Questions it had an answer to, and those about containers it does not know. */
  answered: number;
  unknown: number;
  /** Questions without an answer: none in time; the connection broke; nonsense; too large. */
  timeout: number;
  unreachable: number;
  answer: number;
  size: number;
  /** Connections made. */
  connected: number;
}

export interface ConnectionOptions extends Happenings {
  readonly clock: Clock;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly open: (found: Found, until: number) => Promise<RuntimeClient>;
  /** It can be asked (again). */
  readonly onUp: () => void;
  readonly log: (level: "info" | "warning", message: string, cause: string) => void;
}

/** An answer: facts, no such container, or none. */
export type Answer = ContainerFacts | "unknown" | "failed";

export class Connection {
  readonly found: Found;
  readonly counters: ConnectionCounters = {
    answered: 0,
    unknown: 0,
    timeout: 0,
    unreachable: 0,
    answer: 0,
    size: 0,
    connected: 0,
  };
  type = "";
  version = "";
  /** Why it is not up; "" where it is, or was not tried yet. */
  reason = "";
  readonly #options: ConnectionOptions;
  #client: RuntimeClient | undefined;
  readonly #known = new Remembered<true>(MAX_KNOWN);
  #failures = 0;
  #silent = 0;
  #wait: (() => void) | undefined;
  #relist: (() => void) | undefined;
  #closed = false;

  constructor(found: Found, options: ConnectionOptions) {
    this.found = found;
    this.#options = options;
  }

  get up(): boolean {
    return this.#client !== undefined;
  }

  /** Connects for the first time; later it does so by itself. Resolves when that went well or badly. */
  async connect(): Promise<void> {
    const { clock, open, log } = this.#options;
    try {
      const client = await open(this.found, clock.now() + DEADLINE);
      if (this.#closed) return client.close();
      this.#took(client);
    } catch (error) {
      this.#later(error);
      log(
        "warning",
        `the container runtime at ${this.found.path} cannot be asked: ${this.reason}`,
        this.found.path,
      );
    }
  }

  #took(client: RuntimeClient): void {
    this.#client = client;
    this.type = client.type;
    this.version = client.version;
    this.reason = "";
    this.#failures = 0;
    this.#silent = 0;
    this.counters.connected++;
    const { log, onUp } = this.#options;
    log(
      "info",
      `container runtime ${client.type} ${client.version} at ${this.found.path}`,
      `${this.found.path} up`,
    );
    if (this.found.user === undefined) {
      void this.#watch(client);
      void this.#list(client);
    }
    onUp();
  }

  async #watch(client: RuntimeClient): Promise<void> {
    const { onStarted } = this.#options;
    try {
      await client.watch({ onStarted, onGone: (id) => this.#gone(id) });
    } catch (error) {
      this.#broke(client, error);
    }
  }

  #gone(id: string): void {
    this.#known.delete(id);
    this.#options.onGone(id);
  }

  /** Tells what runs and is not known yet, and what was known and is no more; again and again. */
  async #list(client: RuntimeClient): Promise<void> {
    const { clock, onStarted } = this.#options;
    // Who came to be known meanwhile need not be in the answer.
    const known = [...this.#known.entries()].map(([id]) => id);
    try {
      const listed = await client.list(clock.now() + DEADLINE);
      if (this.#client !== client) return;
      const ids = new Set(listed.map(({ id }) => id));
      for (const id of known) if (!ids.has(id)) this.#gone(id);
      for (const { id, running } of listed) if (running && this.#known.get(id) === undefined) onStarted(id);
    } catch (error) {
      this.#failed(client, error);
    }
    if (this.#client === client) this.#relist = clock.after(RELIST, () => void this.#list(client));
  }

  /** Never throws. */
  async ask(id: string, cgroupPath: string): Promise<Answer> {
    const client = this.#client;
    if (client === undefined) return "failed";
    try {
      const facts = await client.facts(id, cgroupPath, this.#options.clock.now() + DEADLINE);
      this.#silent = 0;
      if (facts === undefined) {
        this.counters.unknown++;
        return "unknown";
      }
      this.counters.answered++;
      this.#known.set(id, true);
      // Labels are whatever a user likes; the pods of Kubernetes run as root.
      return this.found.user !== undefined && facts.type === "docker" ? { ...facts, pod: undefined } : facts;
    } catch (error) {
      this.#failed(client, error);
      return "failed";
    }
  }

  #failed(client: RuntimeClient, error: unknown): void {
    const fault = error instanceof RuntimeError ? error.fault : "answer";
    this.counters[fault]++;
    if (fault === "timeout") this.#silent++;
    if (fault === "unreachable" || this.#silent >= PATIENCE) this.#broke(client, error);
    else this.#say(error);
  }

  #say(error: unknown): void {
    const message = `the container runtime at ${this.found.path} did not answer a question: ${reasonFor(error)}`;
    this.#options.log("warning", message, `${this.found.path} question`);
  }

  /** Gives the connection up, once, and tries another one. */
  #broke(client: RuntimeClient, error: unknown): void {
    if (this.#client !== client) return;
    this.#drop();
    this.#later(error);
    const message = `the container runtime at ${this.found.path} is lost: ${this.reason}; it is asked again`;
    this.#options.log("warning", message, `${this.found.path} lost`);
  }

  #drop(): void {
    this.#relist?.();
    const client = this.#client;
    this.#client = undefined;
    client?.close();
  }

  #later(error: unknown): void {
    if (this.#closed) return;
    const { clock, random } = this.#options;
    this.reason = reasonFor(error);
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#wait = clock.after(ceiling / 2 + (random() * ceiling) / 2, () => void this.connect());
  }

  close(): void {
    this.#closed = true;
    this.#wait?.();
    this.#drop();
  }
}

/** Our own words alone: a fault of ours is named by its kind, since its text may hold what a runtime wrote. */
function reasonFor(error: unknown): string {
  if (error instanceof RuntimeError) return error.message;
  return error instanceof Error ? `its answer cannot be read (${error.name})` : "its answer cannot be read";
}
