/** Which containers the runtimes are asked for, and when again: those nobody knew may be known later. */
import { hostContainer } from "../../state/container-id.ts";
import type { Container, Process } from "../../state/types.ts";
import type { ContainerQuestion } from "./capture-messages.ts";

export interface ContainerQuestionsOptions {
  readonly ask: (question: ContainerQuestion) => void;
  /** A live process of the container; undefined where it has none: then nobody asks any more. */
  readonly processOf: (container: Container) => Process | undefined;
  /** ms, any steady clock. */
  readonly now: () => number;
}

/** ms until the second question; each further one waits twice as long, up to the longest. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 300_000;
/** Questions asked again at one look. */
const AT_ONCE = 32;
/** Containers that are asked for again; those beyond are left out. */
const OPEN = 4_096;

interface Open {
  wait: number;
  due: number;
}

export class ContainerQuestions {
  /** Questions asked, and those of them that were not a container's first. */
  asked = 0;
  repeated = 0;
  private readonly options: ContainerQuestionsOptions;
  private readonly open = new Map<Container, Open>();

  constructor(options: ContainerQuestionsOptions) {
    this.options = options;
  }

  /** Asks for a container that has been seen for the first time, by its process `pid`. */
  first(container: Container, pid: number): void {
    if (container === hostContainer || container.facts !== undefined) return;
    if (this.open.size < OPEN)
      this.open.set(container, { wait: FIRST_WAIT, due: this.options.now() + FIRST_WAIT });
    this.ask(container, pid);
  }

  /** Asks again for those that are unknown and due. */
  look(): void {
    const now = this.options.now();
    let count = 0;
    for (const [container, open] of this.open) {
      if (container.facts !== undefined) {
        this.open.delete(container);
        continue;
      }
      if (open.due > now) continue;
      const process = this.options.processOf(container);
      if (process === undefined) {
        this.open.delete(container);
        continue;
      }
      if (++count > AT_ONCE) return;
      open.wait = Math.min(LONGEST_WAIT, open.wait * 2);
      open.due = now + open.wait;
      // Behind those that have not been asked for since.
      this.open.delete(container);
      this.open.set(container, open);
      this.repeated++;
      this.ask(container, process.pid);
    }
  }

  private ask({ id, cgroupPath }: Container, pid: number): void {
    this.asked++;
    this.options.ask({ id, cgroupPath, pid });
  }
}
