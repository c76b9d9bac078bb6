/** One AlertSink at run time: its filter, its groups, its queue and spool. Its spec may change, what waits stays. */
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Alert } from "../../engine/alert.ts";
import { packAlert, unpackAlert } from "../alert-record.ts";
import { SinkQueue, type QueueSpool, type Report, type SinkCounters } from "../queue.ts";
import { noRetry } from "../retry.ts";
import { systemError, type RenderedAlert, type Sink } from "../sink.ts";
import { Spool } from "../spool.ts";
import { Credentials } from "./credentials.ts";
import { compileFilter, type Wants } from "./filter.ts";
import { Grouping } from "./grouping.ts";
import { openSink, type Surroundings } from "./kinds.ts";
import { kindOf, sinkName, type Form, type SinkEntry } from "./spec.ts";

/** Bounds of one sink. */
export interface SinkLimits {
  /** Alerts in memory, and characters of their lines. */
  readonly capacity: number;
  readonly characters: number;
  /** Bytes on disk. */
  readonly spool: number;
}

export interface SinkParts {
  readonly surroundings: Surroundings;
  /** One line, text or JSON. */
  readonly render: (alert: Alert, form: Form) => string;
  readonly limits: { readonly operator: SinkLimits; readonly team: SinkLimits };
  /** Folder of all spools; undefined: nothing is kept on disk. */
  readonly spool: { readonly folder: string } | undefined;
  readonly random: () => number;
  readonly report: Report;
  readonly team: boolean;
}

/** Bytes of one file of a spool: what is in memory at once of what waits on disk. */
const segment = 256 << 10;

/** How long a sink that was removed may still deliver what waits, ms. */
const farewell = 2000;

/** How long after a window's end its message may wait for an event to come by, ms. */
const slack = 250;

/** Name of the spool's folder: told apart by a hash, since names may be longer than a file's name. */
export function spoolFolder({ namespace, name }: Pick<SinkEntry, "namespace" | "name">): string {
  const hash = createHash("sha256").update(`${namespace}/${name}`).digest("hex").slice(0, 12);
  return `${namespace}_${name.slice(0, 100)}_${hash}`;
}

/** Stands where a sink cannot be made yet; its queue is held. */
const nothing: Sink = {
  name: "nothing",
  batch: 1,
  send: () => Promise.reject(new Error("it cannot be used yet")),
  close: async () => {},
};

const untilOpened = { patient: true, timeout: 10_000, retry: noRetry };

export class AlertSink {
  readonly namespace: string;
  readonly name: string;
  readonly #parts: SinkParts;
  readonly #queue: SinkQueue;
  readonly #folder: string | undefined;
  #wants: Wants = () => true;
  #form: Form;
  #grouping: Grouping | undefined;
  #cancelDue = () => {};
  /** What it was made of, as a whole and in parts; credentials included. */
  readonly #made = { all: "", sink: "", filter: "", group: "" };
  #tested: string | undefined;

  private constructor(
    entry: SinkEntry,
    parts: SinkParts,
    spool: Spool | undefined,
    folder: string | undefined,
  ) {
    const { surroundings, limits, team, random, report } = parts;
    this.namespace = entry.namespace;
    this.name = entry.name;
    this.#parts = parts;
    this.#folder = folder;
    this.#form = surroundings.form;
    const { capacity, characters } = team ? limits.team : limits.operator;
    this.#queue = new SinkQueue(nothing, {
      ...untilOpened,
      ...{ name: sinkName(entry), capacity, characters, random, report, clock: surroundings.clock },
      ...(spool !== undefined && { spool: this.#spoolOf(spool) }),
    });
  }

  /** Opens the queue and what its spool has; `change` says where to. Never rejects: a spool that cannot be is reported. */
  static async open(entry: SinkEntry, parts: SinkParts): Promise<AlertSink> {
    const { spool, limits, team, report } = parts;
    if (spool === undefined) return new AlertSink(entry, parts, undefined, undefined);
    const folder = join(spool.folder, spoolFolder(entry));
    const { spool: limit } = team ? limits.team : limits.operator;
    const name = sinkName(entry);
    const made: { sink?: AlertSink } = {};
    const onLost = (records: number, reason: string) => {
      if (made.sink !== undefined) made.sink.#queue.lost(records, reason);
      else report("error", `${name}: spool`, `${name}: its spool lost alerts: ${reason}`);
    };
    let files: Spool | undefined;
    try {
      files = await Spool.open({ folder, limit, segment, onLost });
    } catch (error) {
      const reason = systemError(error);
      report("error", `${name}: spool`, `${name}: nothing is kept on disk: ${folder}: ${reason}`);
    }
    return (made.sink = new AlertSink(entry, parts, files, files && folder));
  }

  #spoolOf(files: Spool): QueueSpool {
    return {
      files,
      pack: ({ alert }) => packAlert(alert),
      unpack: (record): RenderedAlert | undefined => {
        const alert = unpackAlert(record);
        return alert && { alert, line: this.#parts.render(alert, this.#form) };
      },
    };
  }

  /** Takes over what the entry says; parts that are as before stay as they are. Never throws: it waits and says why. */
  change({ spec }: SinkEntry, secrets: ReadonlyMap<string, string>): void {
    const kind = kindOf(spec);
    const own = kind === undefined ? undefined : spec[kind];
    const credentials = new Credentials(secrets);
    const made = JSON.stringify([spec, credentials.namedIn(own)]);
    if (made === this.#made.all) return;
    this.#made.all = made;
    try {
      this.#changeFilter(spec.filter);
      this.#changeGroup(spec.group);
      if (kind === undefined) throw new Error("its spec names no kind, or more than one");
      this.#changeSink(kind, own, credentials);
    } catch (error) {
      this.#made.sink = "";
      this.#queue.hold(error instanceof Error ? error.message : String(error));
    }
  }

  #changeSink(kind: string, spec: unknown, credentials: Credentials): void {
    const made = JSON.stringify([kind, spec, credentials.namedIn(spec)]);
    if (made === this.#made.sink) return;
    const { team, surroundings } = this.#parts;
    const { sink, handling } = openSink(kind, spec, { ...surroundings, credentials, team });
    this.#form = (spec as { format?: Form }).format ?? surroundings.form;
    this.#queue.replace(sink, handling);
    this.#made.sink = made;
  }

  #changeFilter(filter: SinkEntry["spec"]["filter"]): void {
    const made = JSON.stringify(filter ?? {});
    if (made === this.#made.filter) return;
    this.#wants = compileFilter(filter);
    this.#made.filter = made;
  }

  #changeGroup(group: SinkEntry["spec"]["group"]): void {
    const made = JSON.stringify(group ?? {});
    if (made === this.#made.group) return;
    const next = group && new Grouping(group);
    this.#flushGroups();
    this.#grouping = next;
    this.#made.group = made;
  }

  /** Whether its filter lets an alert through. */
  wants(alert: Alert): boolean {
    return this.#wants(alert);
  }

  /** Takes an alert that it wants; `line` renders it. */
  take(alert: Alert, line: (form: Form) => string): void {
    if (this.#grouping === undefined) {
      this.#queue.push({ alert, line: line(this.#form) });
      return;
    }
    this.#push(this.#grouping.take(alert));
    this.#watchDue();
  }

  /** Counts an alert that a bound kept from it. */
  refuse(reason: string): void {
    this.#queue.refuse("rate", `${reason}: what is beyond is dropped`);
  }

  #push(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#queue.push({ alert, line: this.#parts.render(alert, this.#form) });
  }

  /** What was held back is said soon after its window has ended, though no event comes by. */
  #watchDue(): void {
    this.#cancelDue();
    const due = this.#grouping?.due;
    if (due === undefined) return;
    const { clock } = this.#parts.surroundings;
    this.#cancelDue = clock.after(Math.max(0, due - clock.now()) + slack, () => {
      this.#push(this.#grouping?.at(BigInt(clock.now()) * 1_000_000n) ?? []);
      this.#watchDue();
    });
  }

  #flushGroups(): void {
    this.#cancelDue();
    this.#push(this.#grouping?.flush() ?? []);
  }

  /** Sends one message for each id, whatever filter and groups say; over a new start too, where there is a disk. */
  async test(id: string, alert: Alert): Promise<void> {
    const file = this.#folder && join(this.#folder, "tested");
    this.#tested ??= file && (await readFile(file, "utf8").catch(() => undefined));
    if (this.#tested === id) return;
    this.#tested = id;
    if (file !== undefined) {
      const written = writeFile(`${file}.new`, id, { mode: 0o600 }).then(() => rename(`${file}.new`, file));
      await written.catch(() => {});
    }
    this.#push([alert]);
  }

  reopen(): void {
    this.#queue.reopen();
  }

  counters(): SinkCounters {
    return this.#queue.counters();
  }

  /** Delivers for that long; the rest goes to the spool. */
  async close(milliseconds: number): Promise<void> {
    this.#flushGroups();
    await this.#queue.close(milliseconds);
  }

  /** It is no longer wanted: what it cannot deliver soon is lost, and said. */
  async remove(): Promise<void> {
    this.#flushGroups();
    await this.#queue.close(farewell, { forget: true });
  }
}
