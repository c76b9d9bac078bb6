/** The AlertSinks of a cluster: added, changed and removed while alerts pass. What waits in one is not touched by others. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Alert } from "../../engine/alert.ts";
import { internalAlert } from "../../engine/alert.ts";
import { TokenBucket } from "../../engine/token-bucket.ts";
import type { Clock } from "../clock.ts";
import type { Report, SinkCounters } from "../queue.ts";
import { AlertSink, spoolFolder, type SinkParts } from "./alert-sink.ts";
import { isLocal } from "./kinds.ts";
import { Routes } from "./routes.ts";
import { kindOf, sinkName, type Form, type SinkEntry } from "./spec.ts";

export interface AlertSinksOptions extends Omit<SinkParts, "team"> {
  /** Its sinks get all alerts. */
  readonly operatorNamespace: string;
  /** Name of this node, for test messages. */
  readonly node: string;
  /** Alerts per second, and at once, of all sinks of one team together. */
  readonly team: { readonly rate: number; readonly burst: number };
  readonly clock: Clock;
  readonly report: Report;
}

/** Alerts that wait until the sinks are known for the first time. */
const mostEarly = 1000;

export class AlertSinks {
  readonly #options: AlertSinksOptions;
  readonly #sinks = new Map<string, AlertSink>();
  #routes: Routes<AlertSink>;
  /** Removed ones that still deliver. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #teams = new Map<string, TokenBucket>();
  /** Undefined once the sinks are known. */
  #early: Alert[] | undefined = [];
  #earlyLost = 0;
  /** Spools of sinks that are no more were looked for. */
  #cleared = false;
  /** Changes are made one after the other. */
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: AlertSinksOptions) {
    this.#options = options;
    this.#routes = new Routes(options.operatorNamespace, []);
  }

  /**
   * Makes the sinks what `entries` say, with the values of the Secret. Those that are as before go on; those that are no
   * longer there are closed, what waits for them is lost and said. Not `whole`: the entries may be old, so spools of
   * others stay, and nobody's test message is sent. Never rejects.
   */
  apply(
    entries: readonly SinkEntry[],
    secrets: ReadonlyMap<string, string>,
    { whole } = { whole: true },
  ): Promise<void> {
    this.#last = this.#last.then(() => this.#apply(entries, secrets, whole));
    return this.#last;
  }

  async #apply(
    entries: readonly SinkEntry[],
    secrets: ReadonlyMap<string, string>,
    whole: boolean,
  ): Promise<void> {
    if (this.#closed) return;
    const wanted = new Map(entries.filter((entry) => this.#allowed(entry)).map((e) => [sinkName(e), e]));
    for (const [name, sink] of this.#sinks)
      if (!wanted.has(name)) {
        this.#sinks.delete(name);
        this.#remove(name, sink);
      }
    for (const [name, entry] of wanted) {
      let sink = this.#sinks.get(name);
      if (sink === undefined) {
        await this.#leaving.get(name);
        const team = entry.namespace !== this.#options.operatorNamespace;
        sink = await AlertSink.open(entry, { ...this.#options, team });
        this.#sinks.set(name, sink);
      }
      sink.change(entry, secrets);
    }
    this.#routes = new Routes(this.#options.operatorNamespace, this.#sinks.values());
    for (const team of this.#teams.keys())
      if (![...this.#sinks.values()].some(({ namespace }) => namespace === team)) this.#teams.delete(team);
    this.#begin();
    if (!whole) return;
    await this.#removeSpools();
    for (const [name, { test }] of wanted)
      if (test?.node === this.#options.node)
        await this.#sinks.get(name)?.test(test.id, this.#testAlert(name));
  }

  #remove(name: string, sink: AlertSink): void {
    const leaving = sink.remove().finally(() => {
      if (this.#leaving.get(name) === leaving) this.#leaving.delete(name);
    });
    this.#leaving.set(name, leaving);
  }

  /** The agent's word beside the operator's: a team's sink is never on the node itself. */
  #allowed(entry: SinkEntry): boolean {
    const kind = kindOf(entry.spec);
    const name = sinkName(entry);
    if (entry.namespace === this.#options.operatorNamespace || kind === undefined || !isLocal(kind))
      return true;
    const message = `AlertSink ${name}: only the operator's namespace may have a sink of kind ${kind}; it is not used`;
    this.#options.report("warning", `${name}: kind`, message);
    return false;
  }

  /** The sinks are known for the first time: what came before goes to them. */
  #begin(): void {
    const early = this.#early;
    if (early === undefined) return;
    this.#early = undefined;
    this.publish(early);
    if (this.#earlyLost > 0)
      this.#options.report(
        "warning",
        "AlertSinks: late",
        `AlertSinks: ${this.#earlyLost} alerts came before the sinks were known and were dropped`,
      );
  }

  /** Deletes, once, spools of sinks that were removed while no agent ran. */
  async #removeSpools(): Promise<void> {
    const { spool, report } = this.#options;
    if (spool === undefined || this.#cleared) return;
    this.#cleared = true;
    const own = new Set([...this.#sinks.values()].map(spoolFolder));
    await Promise.all(this.#leaving.values());
    for (const folder of await readdir(spool.folder).catch(() => [])) {
      if (own.has(folder)) continue;
      report(
        "warning",
        "AlertSinks: spool",
        `AlertSinks: the spool ${folder} is of a sink that was removed; it is deleted`,
      );
      await rm(join(spool.folder, folder), { recursive: true, force: true }).catch(() => {});
    }
  }

  #testAlert(name: string): Alert {
    const { node, clock } = this.#options;
    const time = BigInt(clock.now()) * 1_000_000n;
    const message = `Test message of AlertSink ${name} from node ${node}`;
    return internalAlert("test message", 6, message, { "tiercel.sink": name }, { time, hostname: node });
  }

  /** Gives alerts to the sinks that are to have them. Never blocks and never throws. */
  publish(alerts: readonly Alert[]): void {
    if (this.#early !== undefined) {
      const room = Math.max(0, mostEarly - this.#early.length);
      this.#early.push(...alerts.slice(0, room));
      this.#earlyLost += Math.max(0, alerts.length - room);
      return;
    }
    for (const alert of alerts) this.#publish(alert);
  }

  #publish(alert: Alert): void {
    const missing = (name: string) => {
      const { namespace = "", object = "" } = alert.identity ?? {};
      this.#options.report(
        "warning",
        `no sink ${namespace}/${name}`,
        `FalcoRule ${namespace}/${object} names the sink ${name}, which is in neither namespace`,
      );
    };
    const { team } = this.#options;
    const forms = new Map<Form, string>();
    const line = (form: Form) => {
      let text = forms.get(form);
      if (text === undefined) forms.set(form, (text = this.#options.render(alert, form)));
      return text;
    };
    for (const sink of this.#routes.of(alert, missing)) {
      if (!sink.wants(alert)) continue;
      if (sink.namespace !== this.#options.operatorNamespace) {
        let bucket = this.#teams.get(sink.namespace);
        if (bucket === undefined)
          this.#teams.set(sink.namespace, (bucket = new TokenBucket(team.rate, team.burst)));
        if (!bucket.take(alert.time)) {
          sink.refuse(`more alerts for the sinks of namespace ${sink.namespace} than ${team.rate} a second`);
          continue;
        }
      }
      sink.take(alert, line);
    }
  }

  /** SIGUSR1: files are opened anew, certificates read again. */
  reopen(): void {
    for (const sink of this.#sinks.values()) sink.reopen();
  }

  /** By `namespace/name`. */
  counters(): readonly SinkCounters[] {
    return [...this.#sinks.values()].map((sink) => sink.counters());
  }

  /**
   * What a NodeAgent says of its sinks, those that fail first: without sinks that did nothing, and with an error only where
   * the last try failed.
   */
  facts(): readonly Omit<SinkCounters, "healthy">[] {
    return this.counters()
      .map(({ healthy, lastError, ...counts }) => ({
        ...counts,
        lastError: healthy === false ? lastError : undefined,
      }))
      .filter(
        ({ delivered, failed, dropped, spooled, lastError }) =>
          delivered + failed + dropped + spooled > 0 || lastError !== undefined,
      )
      .sort((a, b) => Number(b.lastError !== undefined) - Number(a.lastError !== undefined));
  }

  /** Delivers what waits, for at most that many milliseconds; the rest goes to the spools. */
  async close(milliseconds: number): Promise<void> {
    this.#closed = true;
    await this.#last;
    const closing = [...this.#sinks.values()].map((sink) => sink.close(milliseconds));
    await Promise.all([...closing, ...this.#leaving.values()]);
  }
}
