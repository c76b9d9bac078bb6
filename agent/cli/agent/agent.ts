/** The life of an agent: start, reload, stop. What it needs from the outside is handed in; threads are in other files. */
import { internalAlert, type Alert } from "../../engine/alert.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Log } from "../log.ts";
import type { Counters } from "./counters.ts";
import { summary, type SinkNumbers } from "./summary.ts";

/** What became of one reading of the rules. */
export interface LoadedRules {
  /** Undefined where there were mistakes. */
  readonly plan: RuleSetPlan | undefined;
  /** What else shapes the set: the settings it was compiled with, as text. */
  readonly key: string;
  /** Where they are from, as in "12 rules from 2 files". */
  readonly from: string;
  /** Mistakes as text, one block; "" for none. */
  readonly mistakes: string;
  /** Warnings, a line or block each. */
  readonly warnings: readonly string[];
  /** FalcoRules that are left out of the plan, and why. */
  readonly failures: readonly ObjectFailure[];
  /** Whether some rule is for some nodes only: then the node's labels count. */
  readonly selectsNodes: boolean;
  /** The set is not the one that its digest says. */
  readonly damaged?: boolean;
}

/** A FalcoRule of a cluster's set that this agent cannot load. */
export interface ObjectFailure {
  readonly namespace: string;
  readonly object: string;
  /** One line for people. */
  readonly message: string;
}

/** Something that yields events and has the rules of its source tried on them: a thread, seen from the main thread. */
export interface Source {
  /** As rules name it: syscall, k8s_audit. */
  readonly name: string;
  /**
   * Resolves when it is attached or listens. Rejects with a message for the user where that is impossible: what is
   * missing and what to do.
   */
  readonly started: Promise<void>;
  /** Resolves with the reason if the thread ends without having been asked to. */
  readonly died: Promise<string>;
  /** Swaps the rule set in; resolves when it is in force. */
  setRules(plan: RuleSetPlan): Promise<void>;
  /** The last counters that it posted. */
  counters(): Counters;
  /** ms since the epoch when the thread was last heard of; it speaks once a second. */
  readonly lastHeard: number;
  /** Takes no more events, tries the rules on those that are under way, and resolves with the final counters. */
  stop(): Promise<Counters>;
}

/** Where alerts go. */
export interface Outputs {
  publish(alerts: readonly Alert[]): void;
  counters(): readonly SinkNumbers[];
  /** Delivers what waits, until `deadline` ms are over. */
  close(deadline: number): Promise<void>;
}

/** What the agent's health depends on. */
export interface RulesStatus {
  readonly digest: string;
  readonly rules: number;
  /** Loads that failed since start. */
  readonly failures: number;
  /** Why the last load failed; undefined when it did not. */
  readonly lastFailure: string | undefined;
  /** When the set in force was taken in: ms since the epoch. */
  readonly since: number;
  /** FalcoRules that are not in force though they are in the set. */
  readonly left: readonly ObjectFailure[];
}

export interface AgentOptions {
  /** At least one. */
  readonly sources: readonly Source[];
  readonly outputs: Outputs;
  readonly log: Log;
  readonly hostname: string;
  readonly load: () => Promise<LoadedRules>;
  /** Told when a set was taken in and when one was refused. */
  readonly onRules?: (status: RulesStatus) => void;
  /** Told that the end begins, while events still come. */
  readonly onEnd?: () => Promise<void> | undefined;
  /** Prints the summary. */
  readonly print: (text: string) => void;
  /** In ms: how long the end may wait for outputs. */
  readonly deadline: number;
  /** In ms: how long it may wait for sources to detach and drain; a busy kernel takes its time. */
  readonly sourceDeadline: number;
  readonly now: () => number;
}

const short = (digest: string) => digest.slice(0, 12);
const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

/**
 * How much longer than their deadline outputs may take to count what they could not deliver and to close, ms: without it
 * the summary would be printed before these were counted.
 */
const CLOSING = 1000;

export class Agent {
  private readonly options: AgentOptions;
  private current: RulesStatus = {
    ...{ digest: "", rules: 0, failures: 0, lastFailure: undefined, since: 0, left: [] },
  };
  private ready = false;
  private reloading: Promise<void> | undefined;
  private again = false;
  private key = "";
  private readonly asked: Promise<string | undefined>;
  private ask!: (reason: string | undefined) => void;

  constructor(options: AgentOptions) {
    this.options = options;
    this.asked = new Promise((resolve) => (this.ask = resolve));
  }

  /** The rule set in force and how loading went. */
  get status(): RulesStatus {
    return this.current;
  }

  /** Reads rules while the sources start. False where either was impossible; all reasons are logged. */
  async start(): Promise<boolean> {
    const { sources, load, log } = this.options;
    const [loaded, ...started] = await Promise.allSettled([load(), ...sources.map((each) => each.started)]);
    const refused = started.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
    if (loaded.status === "rejected") log("critical", (loaded.reason as Error).message);
    for (const { message } of refused) log("critical", message);
    if (loaded.status === "rejected") return false;
    const { plan, mistakes, warnings } = loaded.value;
    for (const warning of warnings) log("warning", warning);
    if (mistakes !== "") log("critical", mistakes);
    if (plan === undefined || refused.length > 0) return false;
    await this.takeIn(plan, loaded.value);
    const run = `${sources.map(({ name }) => name).join(" and ")} ${sources.length === 1 ? "runs" : "run"}`;
    const rules = `${plural(plan.rules.length, "rule")} from ${loaded.value.from}, digest ${plan.digest}`;
    log("notice", `ready: ${run} ${plan.digest === "" ? "without rules" : `with ${rules}`}`);
    this.ready = true;
    if (this.again) void this.reload();
    return true;
  }

  private async takeIn(plan: RuleSetPlan, { key, failures: left }: LoadedRules): Promise<void> {
    await Promise.all(this.options.sources.map((source) => source.setRules(plan)));
    this.key = key;
    const { failures } = this.current;
    this.current = {
      digest: plan.digest,
      rules: plan.rules.length,
      failures,
      lastFailure: undefined,
      since: this.options.now(),
      left,
    };
    this.options.onRules?.(this.current);
  }

  /** Reads the rules again. Calls that come while it reads, or before it has started, are one more reading after that. */
  reload(): Promise<void> {
    if (this.reloading !== undefined || !this.ready) {
      this.again = true;
      return this.reloading ?? Promise.resolve();
    }
    this.reloading = this.reloadWhileAsked().finally(() => (this.reloading = undefined));
    return this.reloading;
  }

  private async reloadWhileAsked(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.reloadOnce();
      } catch (error) {
        this.refuse((error as Error).message);
      }
    } while (this.again);
  }

  private async reloadOnce(): Promise<void> {
    const { load, log } = this.options;
    const loaded = await load();
    const { plan, key, mistakes, warnings } = loaded;
    if (plan === undefined) {
      this.refuse(mistakes);
      return;
    }
    if (plan.digest === this.current.digest && key === this.key) {
      this.current = { ...this.current, lastFailure: undefined };
      log("info", `rules read again, nothing changed (digest ${short(plan.digest)})`);
      return;
    }
    for (const warning of warnings) log("warning", warning);
    await this.takeIn(plan, loaded);
    log("notice", `rules swapped: ${plural(plan.rules.length, "rule")} in force, digest ${plan.digest}`);
  }

  /** A bad set never replaces a good one; that is said in log, status and an alert. */
  private refuse(reason: string): void {
    const { log, outputs, hostname, now } = this.options;
    const { digest } = this.current;
    this.current = { ...this.current, failures: this.current.failures + 1, lastFailure: reason };
    this.options.onRules?.(this.current);
    log("error", `${reason}\nthe rules were not loaded; those of digest ${short(digest)} stay in force`);
    const [firstLine = ""] = reason.split("\n");
    const about = { time: BigInt(now()) * 1_000_000n, hostname };
    outputs.publish([
      internalAlert(
        "rules refused",
        2,
        "New rules have mistakes and were not loaded",
        { digest, reason: firstLine },
        about,
      ),
    ]);
  }

  /** Runs until `stop` is called or a source dies, then ends everything; gives the exit code. */
  async run(): Promise<number> {
    const { sources, log } = this.options;
    const died = sources.map(async (source) => `${source.name} ended: ${await source.died}`);
    const reason = await Promise.race([this.asked, ...died]);
    if (reason !== undefined) log("critical", reason);
    await this.end();
    return reason === undefined ? 0 : 1;
  }

  /** Asks `run` to end, though it may not have begun; with a reason it is a failure. */
  stop(reason?: string): void {
    this.ask(reason);
  }

  private async end(): Promise<void> {
    const { sources, outputs, print, deadline, sourceDeadline, log } = this.options;
    await this.options.onEnd?.();
    const counters = await Promise.all(
      sources.map(async (source) => {
        const final = await within(sourceDeadline, source.stop(), undefined);
        if (final === undefined)
          log("warning", `${source.name} did not end within ${sourceDeadline} ms; its last numbers follow`);
        return final ?? source.counters();
      }),
    );
    await within(deadline + CLOSING, outputs.close(deadline), undefined);
    print(summary(counters, outputs.counters()));
  }
}

/** `promise`, or `otherwise` where it takes longer than `milliseconds` or fails. */
async function within<T>(milliseconds: number, promise: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}
