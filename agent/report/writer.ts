/** Writes what ledgers have due, one request after the other, within the budget; waits while the API is away. */
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { asFault, type ApiFault } from "../kube/fault.ts";
import { defaultRetry, retryDelay, type RetryPolicy } from "../kube/retry.ts";
import type { WriteBudget } from "./budget.ts";
import {
  absent,
  begin,
  conflict,
  counted,
  created,
  looked,
  taken,
  taskOf,
  unknown,
  unsent,
  type Group,
  type Seen,
  type Task,
} from "./group.ts";
import type { Kind } from "./kind.ts";
import type { Ledger } from "./ledger.ts";
import { objectName } from "./match.ts";
import { meaningOf } from "./meaning.ts";

/** Says something in the log; what has the same `cause` is said once and then counted. */
export type Say = (level: "error" | "warning" | "info", message: string, cause?: string) => void;

/** One kind of object and its matters. */
export interface Book {
  readonly kind: Kind;
  readonly ledger: Ledger;
}

/** What was asked of the API, and how many matches were sent with it. */
interface Sent {
  readonly group: Group;
  readonly task: Task;
  readonly sent: number;
}

export interface WriterOptions {
  readonly client: Pick<KubeClient, "ask">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly budget: WriteBudget;
  readonly books: readonly Book[];
  readonly say: Say;
  readonly retry?: RetryPolicy;
}

export interface WriterNumbers {
  /** Requests that the API server took, and that failed. */
  readonly requests: number;
  readonly faults: number;
  /** Why the API does not take anything now; undefined where it does. */
  readonly away: string | undefined;
  /** How often something due had to wait for the budget. */
  readonly budgetWaits: number;
}

/** Refusals in a row after which a matter is given up: rights and policies may come a little later than the agent. */
const PATIENCE = 6;

/** What to do next: send a matter's task, or ask again so many milliseconds later; `shut`: till then nothing can be sent. */
type Next =
  { readonly book: Book; readonly group: Group } | { readonly wait: number; readonly shut: boolean };

export class Writer {
  readonly #options: WriterOptions;
  readonly #retry: RetryPolicy;
  /** Kinds that the server does not know: not asked before (ms). */
  readonly #unserved = new Map<Kind, number>();
  #away: { tries: number; until: number; reason: string } | undefined;
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  /** Until the timer runs nothing can be sent, whatever comes. */
  #shut = false;
  #closed = false;
  #turn = 0;
  #numbers = { requests: 0, faults: 0, budgetWaits: 0 };

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#retry = options.retry ?? defaultRetry;
  }

  get numbers(): WriterNumbers {
    return { ...this.#numbers, away: this.#away?.reason };
  }

  /** Something may be due. */
  wake(): void {
    if (!this.#shut) this.#look();
  }

  #look(): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#shut = false;
    const next = this.#next();
    if (next === undefined) return;
    if ("wait" in next) {
      this.#shut = next.shut;
      this.#cancel = this.#options.clock.after(next.wait, () => this.#look());
      return;
    }
    this.#running = this.#send(next.book, next.group).then(() => {
      this.#running = undefined;
      this.#look();
    });
  }

  /** Sends all that waits, as far as budget and API let it at once. */
  async flush(): Promise<void> {
    for (const { ledger } of this.#options.books) ledger.hurry();
    this.wake();
    while (this.#running !== undefined) await this.#running;
  }

  /** Sends nothing more; what is under way may or may not come to something. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  /** Undefined where nothing waits. */
  #next(): Next | undefined {
    const { books, clock, budget, say } = this.#options;
    const now = clock.now();
    if (!books.some(({ ledger }) => ledger.waits)) return undefined;
    const away = (this.#away?.until ?? 0) - now;
    if (away > 0) return { wait: away, shut: true };
    const scarce = budget.scarce(now);
    let wait = scarce ? budget.wait(now, true) : Infinity;
    // Each kind gets its turn.
    for (let index = 0; index < books.length; index++) {
      const book = books[(this.#turn + index) % books.length]!;
      const unserved = (this.#unserved.get(book.kind) ?? 0) - now;
      const due = unserved > 0 ? unserved : book.ledger.due(now, scarce);
      if (typeof due === "number") wait = Math.min(wait, due);
      if (due === undefined || typeof due === "number") continue;
      if (budget.take(now)) {
        this.#turn += index + 1;
        return { book, group: due.group };
      }
      this.#numbers.budgetWaits++;
      say(
        "warning",
        "there is more to report than report.writes_per_minute lets the API be told: matches are counted, and objects show them later",
        "report: budget",
      );
      return { wait: budget.wait(now, false), shut: true };
    }
    return { wait: Math.max(1, wait), shut: false };
  }

  async #send({ kind, ledger }: Book, group: Group): Promise<void> {
    const { client, clock } = this.#options;
    const task = taskOf(group);
    ledger.flies(group);
    const sent = begin(group, task, kind.made);
    let settled = 0;
    try {
      const answer = kind.seen(await client.ask(kind[task](group)));
      this.#numbers.requests++;
      this.#away = undefined;
      settled = took(kind, group, task, answer);
    } catch (error) {
      this.#numbers.faults++;
      this.#refused({ kind, ledger }, { group, task, sent }, asFault(error));
    }
    ledger.landed(group, task, settled, clock.now());
  }

  #refused({ kind, ledger }: Book, { group, task, sent }: Sent, fault: ApiFault): void {
    const { clock, say, random } = this.#options;
    const meaning = meaningOf(fault, task);
    if (meaning !== "unknown" && meaning !== "later") this.#away = undefined;
    switch (meaning) {
      case "taken":
        return taken(group);
      case "conflict":
        return conflict(group, sent);
      case "absent":
        return absent(group);
      case "namespace_gone":
        return ledger.drop(group, "namespace_gone");
      case "not_served":
        unsent(group, sent);
        this.#unserved.set(kind, clock.now() + this.#retry.seldom * (0.5 + random()));
        return say("error", `${kind.name} are not written: ${fault.message}`, `report: ${kind.name}`);
      case "forbidden":
      case "refused":
        unsent(group, sent);
        say("error", `${kind.name} are not written: ${fault.message}`, `report: ${kind.name}`);
        if (meaning === "refused" || ++group.refusals >= PATIENCE) return ledger.drop(group, "refused");
        group.notBefore = clock.now() + retryDelay(fault, group.refusals, this.#retry, random);
        return;
      case "unknown":
      case "later": {
        if (meaning === "later") unsent(group, sent);
        else unknown(group);
        const tries = (this.#away?.tries ?? 0) + 1;
        const passing = Math.min(
          retryDelay(fault, tries, this.#retry, random),
          this.#retry.longestRetryAfter,
        );
        this.#away = { tries, until: clock.now() + passing, reason: fault.message };
        say("warning", `the Kubernetes API takes no reports, they wait: ${fault.message}`, "report: away");
      }
    }
  }
}

/** A task was done; gives the matches that now stand in the object. */
function took(kind: Kind, group: Group, task: Task, seen: Seen): number {
  switch (task) {
    case "create":
      return created(group, seen, kind.made);
    case "look":
      return looked(group, seen, (uid) => objectName(group.first!.rule, group.id, uid));
    case "count":
      return counted(group, seen);
  }
}
