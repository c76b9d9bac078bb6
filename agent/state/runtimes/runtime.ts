/** What every container runtime can be asked, whichever language it speaks. */
import type { ContainerFacts } from "../container-facts.ts";

/** Time as this folder sees it; tests hand in one that they move themselves. */
export interface Clock {
  /** Milliseconds, any steady origin. */
  now(): number;
  /** Calls `run` once after that many milliseconds unless the returned function is called before. */
  after(milliseconds: number, run: () => void): () => void;
}

/**
 * Why a runtime did not answer: not in time; not reachable; an answer that is none, or refuses; one larger than
 * MAX_ANSWER. The message names the reason in our words, never what the runtime wrote: that may hold secrets.
 */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly fault: "timeout" | "unreachable" | "answer" | "size";

  constructor(fault: RuntimeError["fault"], message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Largest answer that is read, bytes: a container with 1 MB of environment answers three times as much. */
export const MAX_ANSWER = 16 * 1024 * 1024;

/** How long a runtime may take for all that one question needs, ms. */
export const DEADLINE = 2000;

/** One container of a runtime's list. */
export interface Listed {
  readonly id: string;
  readonly running: boolean;
}

/** What a runtime tells by itself. */
export interface Happenings {
  /** Made, or started: who it is can be known before its first process does anything. */
  readonly onStarted: (id: string) => void;
  readonly onGone: (id: string) => void;
}

/** A connection to one runtime. Every promise but `watch` is settled by its deadline. */
export interface RuntimeClient {
  /** containerd, cri-o, docker, podman. */
  readonly type: string;
  readonly version: string;
  /** Undefined: it knows no such container. `until` is a time of the clock. @throws RuntimeError */
  facts(id: string, cgroupPath: string, until: number): Promise<ContainerFacts | undefined>;
  /** All containers and pod sandboxes, ended ones too. @throws RuntimeError */
  list(until: number): Promise<readonly Listed[]>;
  /** Tells what happens until it breaks. Resolves where the runtime cannot tell. @throws RuntimeError */
  watch(happenings: Happenings): Promise<void>;
  close(): void;
}
