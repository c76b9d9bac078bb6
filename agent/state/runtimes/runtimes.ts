/**
 * Asks the container runtimes of the node who a container is. Lives on the main thread; capture never waits for it: it
 * asks and goes on (design.md 3.13), and what comes later counts from then on.
 */
import type { ContainerFacts } from "../container-facts.ts";
import { containerOf } from "../container-id.ts";
import { Connection, type ConnectionCounters } from "./connection.ts";
import { RuntimeError, type Clock, type RuntimeClient } from "./runtime.ts";
import { findSockets, mayTell, namedSockets, type Found, type SocketPlaces } from "./sockets.ts";

/** Questions that are held, those that wait for another try among them. More are not asked, and counted. */
export const MAX_QUESTIONS = 4096;
/** Questions that are on their way at once. */
export const MAX_ASKING = 8;
/** How often sockets are looked for, ms. */
const LOOK = 5000;
/** A container's first process may run before its runtime knows it: waits before it is asked again, ms. */
const SOON = [25, 50, 100];
/** Waits after it was called unknown, ms, each up to half as long again. */
const LATE = [1000, 5000, 30_000, 120_000, 300_000];

export interface ContainerRuntimesOptions extends SocketPlaces {
  /** May come again for the same container when more is known of it (its first process). */
  readonly onFacts: (facts: ContainerFacts) => void;
  /** Nobody knows it now. Facts may still come: it is asked again later. */
  readonly onUnknown: (id: string) => void;
  readonly onGone: (id: string) => void;
  readonly log: (level: "info" | "warning", message: string, cause: string) => void;
  readonly clock: Clock;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Connects to a socket; tests hand in another. */
  readonly open?: (found: Found, clock: Clock, until: number) => Promise<RuntimeClient>;
}

/** One runtime, for metrics and for the doctor. */
export interface RuntimeStatus extends Readonly<ConnectionCounters> {
  readonly path: string;
  /** "" until it answered once. */
  readonly type: string;
  readonly version: string;
  readonly up: boolean;
  readonly reason: string;
}

export interface RuntimesStatus {
  readonly runtimes: readonly RuntimeStatus[];
  /** Questions that wait or are on their way. */
  readonly questions: number;
  /** Containers asked for; identified; called unknown; not asked for want of room; told to be gone. */
  readonly asked: number;
  readonly identified: number;
  readonly unknown: number;
  readonly dropped: number;
  readonly gone: number;
}

interface Question {
  readonly id: string;
  cgroupPath: string;
  tries: number;
  /** What was said of it: nothing, that it is unknown, or its facts but for its first process. */
  said: "nothing" | "unknown" | "made";
  asking: boolean;
  wait: (() => void) | undefined;
}

export class ContainerRuntimes {
  readonly #options: ContainerRuntimesOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #questions = new Map<string, Question>();
  /** Those to be asked now, in order. */
  readonly #queue: Question[] = [];
  #asking = 0;
  #looking: Promise<void> | undefined;
  #nextLook: (() => void) | undefined;
  #closed = false;
  #counts = { asked: 0, identified: 0, unknown: 0, dropped: 0, gone: 0 };

  constructor(options: ContainerRuntimesOptions) {
    this.#options = options;
    for (const address of namedSockets(options).wrong)
      options.log(
        "warning",
        `${address} is no unix socket; container runtimes are asked at unix sockets`,
        address,
      );
  }

  /** Looks for sockets, now and again and again. Resolves after the first look and what it found was tried. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#connections.size > 0) return;
    const message = "no container runtime was found; containers have their ids alone until there is one";
    this.#options.log("info", message, "no runtime");
  }

  #look(): Promise<void> {
    this.#looking ??= this.#find().finally(() => {
      this.#looking = undefined;
      if (!this.#closed) this.#nextLook = this.#options.clock.after(LOOK, () => void this.#look());
    });
    return this.#looking;
  }

  async #find(): Promise<void> {
    const found = await findSockets(this.#options);
    if (this.#closed) return;
    const paths = new Set(found.map(({ path }) => path));
    for (const [path, connection] of this.#connections) {
      if (paths.has(path) || connection.up) continue;
      connection.close();
      this.#connections.delete(path);
    }
    const fresh = found.filter(({ path }) => !this.#connections.has(path));
    const made = fresh.map((socket) => this.#connection(socket));
    for (const connection of made) this.#connections.set(connection.found.path, connection);
    await Promise.all(made.map((connection) => connection.connect()));
  }

  #connection(found: Found): Connection {
    const { clock, random, log, open = openRuntime } = this.#options;
    return new Connection(found, {
      clock,
      random,
      log,
      open: (socket, until) => open(socket, clock, until),
      onUp: () => this.#again(),
      onStarted: (id) => this.#take(id, ""),
      onGone: (id) => this.#gone(id),
    });
  }

  /** Asks who the container is that stands in this cgroup. One that is being asked for already is asked for at once. */
  ask(id: string, cgroupPath: string): void {
    this.#counts.asked++;
    const asked = this.#questions.get(id);
    if (asked !== undefined) {
      asked.said = "nothing";
      asked.tries = 0;
    }
    this.#take(id, cgroupPath);
  }

  #take(id: string, cgroupPath: string): void {
    if (this.#closed) return;
    const asked = this.#questions.get(id);
    if (asked !== undefined) {
      if (cgroupPath !== "") asked.cgroupPath = cgroupPath;
      this.#now(asked);
      return;
    }
    if (this.#questions.size >= MAX_QUESTIONS) {
      this.#counts.dropped++;
      this.#options.log(
        "warning",
        "too many containers are asked for at once; some stay unknown",
        "questions",
      );
      this.#options.onUnknown(id);
      return;
    }
    const question = { id, cgroupPath, tries: 0, said: "nothing" as const, asking: false, wait: undefined };
    this.#questions.set(id, question);
    this.#now(question);
  }

  /** Puts a question that waits for its time in front of no other, but into the queue. */
  #now(question: Question): void {
    if (question.asking || this.#queue.includes(question)) return;
    question.wait?.();
    question.wait = undefined;
    this.#queue.push(question);
    this.#pump();
  }

  /** A runtime came (back): what was called unknown is asked again. */
  #again(): void {
    for (const question of [...this.#questions.values()])
      if (question.wait !== undefined) this.#now(question);
  }

  #pump(): void {
    while (this.#asking < MAX_ASKING) {
      const question = this.#queue.shift();
      if (question === undefined) return;
      this.#asking++;
      question.asking = true;
      void this.#put(question).finally(() => {
        this.#asking--;
        this.#pump();
      });
    }
  }

  async #put(question: Question): Promise<void> {
    const facts = await this.#answer(question);
    question.asking = false;
    if (this.#closed || this.#questions.get(question.id) !== question) return;
    if (facts !== undefined) this.#told(question, facts);
    else this.#notYet(question);
  }

  /** Asks one runtime after the other, the one whose cgroups look so first. */
  async #answer({ id, cgroupPath }: Question): Promise<ContainerFacts | undefined> {
    const { type } = containerOf(cgroupPath);
    const able = [...this.#connections.values()].filter(({ up, found }) => up && mayTell(found, cgroupPath));
    able.sort((a, b) => Number(b.type === type) - Number(a.type === type));
    for (const connection of able) {
      const answer = await connection.ask(id, cgroupPath);
      if (typeof answer === "object") return answer;
    }
    return undefined;
  }

  #told(question: Question, facts: ContainerFacts): void {
    const started = facts.pid !== 0;
    if (question.said !== "made") this.#counts.identified++;
    if (question.said !== "made" || started) this.#options.onFacts(facts);
    question.said = "made";
    // Made, but not started: its first process and the time come later.
    question.tries = Math.max(question.tries, SOON.length);
    if (started) this.#questions.delete(question.id);
    else this.#wait(question);
  }

  #notYet(question: Question): void {
    if (question.tries >= SOON.length && question.said === "nothing") {
      question.said = "unknown";
      this.#counts.unknown++;
      this.#options.onUnknown(question.id);
    }
    this.#wait(question);
  }

  /** Lets it be asked again later, unless that was done often enough. */
  #wait(question: Question): void {
    const { clock, random } = this.#options;
    const soon = SOON[question.tries];
    const late = LATE[question.tries - SOON.length];
    if (soon === undefined && late === undefined) {
      this.#questions.delete(question.id);
      return;
    }
    question.tries++;
    question.wait = clock.after(soon ?? (late ?? 0) * (1 + random() / 2), () => {
      question.wait = undefined;
      this.#now(question);
    });
  }

  #gone(id: string): void {
    const question = this.#questions.get(id);
    question?.wait?.();
    this.#questions.delete(id);
    this.#counts.gone++;
    this.#options.onGone(id);
  }

  status(): RuntimesStatus {
    const runtimes = [...this.#connections.values()].map(
      ({ found: { path }, type, version, up, reason, counters }) => ({
        path,
        type,
        version,
        up,
        reason,
        ...counters,
      }),
    );
    return { runtimes, questions: this.#questions.size, ...this.#counts };
  }

  close(): void {
    this.#closed = true;
    this.#nextLook?.();
    for (const connection of this.#connections.values()) connection.close();
    for (const { wait } of this.#questions.values()) wait?.();
    this.#questions.clear();
    this.#queue.length = 0;
  }
}

/** Clients are loaded when there is somebody to talk to: HTTP/2 costs 3 MiB. @throws RuntimeError */
async function openRuntime({ path, language }: Found, clock: Clock, until: number): Promise<RuntimeClient> {
  const cri = async () => (await import("./cri.ts")).openCri(path, clock, until);
  const docker = async () => (await import("./docker.ts")).openDocker(path, clock, until);
  if (language === "docker") return await docker();
  try {
    return await cri();
  } catch (error) {
    // A socket that somebody named: it may speak either language.
    if (language !== undefined || !(error instanceof RuntimeError) || error.fault === "timeout") throw error;
    return await docker();
  }
}
