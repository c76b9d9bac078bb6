/**
 * What rules have matched, in one file of the node, so that an agent that was killed loses seconds of it. The next one asks
 * its NodeAgent what was told of that already, and counts the rest as its own: nothing is lost, and nothing told twice.
 */
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kube/clock.ts";
import { countOf, metaOf, textOf } from "../kind.ts";
import type { Say } from "../writer.ts";
import type { RuleFact } from "./facts.ts";
import { statusTime } from "./status.ts";

/** How the file has a rule. */
interface Row {
  readonly namespace: string;
  readonly object: string;
  readonly rule: string;
  readonly matches: number;
  /** ns since the epoch, in digits. */
  readonly lastMatch: string;
}

/** A life of the agent, as its NodeAgent names it. */
interface Life {
  readonly startTime: string;
  /** Of the NodeAgent that it may have told; "" for none. */
  readonly uid: string;
  readonly rows: readonly Row[];
}

interface File {
  readonly version: typeof VERSION;
  /** ms since the epoch: when this was so. */
  readonly at: number;
  /** Where its NodeAgent may have been told of it, what was before is told, or in its rows. */
  readonly life: Life;
  /** Where it was not: the last life that may have been, and what those since then counted. */
  readonly before: Before;
}

interface Before {
  readonly told: Life | undefined;
  readonly untold: readonly Row[];
}

export interface KeptCountsOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** ms since the epoch. */
  readonly startTime: number;
  readonly rules: () => readonly RuleFact[];
  /** Rules that are kept at most; the others' matches are counted in `notKept`. */
  readonly most: number;
  readonly say: Say;
}

const VERSION = 1;

/** Milliseconds between two looks, and between two writes while nothing matches. */
const times = { look: 1000, rest: 10_000 } as const;

const looks = 2;

/** Bytes of a file beyond which it is none of ours: 20,000 rules, the most that the setting allows, have 800 each. */
const longestFile = 16 << 20;

const nothing: Before = { told: undefined, untold: [] };
const keyOf = ({ namespace, object, rule }: Pick<Row, "namespace" | "object" | "rule">) =>
  JSON.stringify([namespace, object, rule]);

export class KeptCounts {
  readonly #options: KeptCountsOptions;
  readonly #path: string;
  #before: Before = nothing;
  /** What earlier lives counted and nobody was told; undefined until the NodeAgent was asked. */
  #carried: readonly RuleFact[] | undefined;
  /** Of the NodeAgent, once this life may have told it something. */
  #uid = "";
  /** What was written last: when, and the sum of this life's matches. */
  #at = -Infinity;
  #sum = 0;
  #notKept = 0;
  /** When the next look is, ms. */
  #next = Infinity;
  /** Looks a second apart that are left, though nothing grows. */
  #left = 0;
  #ended = false;
  #writing: Promise<void> = Promise.resolve();
  #cancel = () => {};

  constructor(options: KeptCountsOptions) {
    this.#options = options;
    this.#path = join(options.folder, "counts.json");
  }

  /** Matches to be told beside those of this life. */
  get carried(): readonly RuleFact[] {
    return this.#carried ?? [];
  }

  /** Matches that were not written the last time, since there are more rules than are kept. */
  get notKept(): number {
    return this.#notKept;
  }

  /** Takes up what the last life left and begins to keep this one's. */
  async open(): Promise<void> {
    const { say } = this.#options;
    try {
      const file = await this.#read();
      if (file !== undefined) this.#take(file);
    } catch (error) {
      say("warning", `matches that the agent before counted are not known: ${(error as Error).message}`);
    }
    await this.#write();
    this.#lookIn(times.rest);
  }

  async #read(): Promise<File | undefined> {
    try {
      const { size } = await stat(this.#path);
      if (size > longestFile) throw new Error(`${this.#path} is too large`);
      const file = JSON.parse(await readFile(this.#path, "utf8")) as Partial<File>;
      if (file.version !== VERSION) throw new Error(`${this.#path} is of another version`);
      return file as File;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  #take({ life, before }: File): void {
    this.#before =
      life.uid !== ""
        ? { told: life, untold: [] }
        : { told: before.told, untold: this.#kept([...before.untold, ...life.rows]) };
  }

  /**
   * Given the NodeAgent as it is before this life says anything. When it resolves the disk has it that this life may have
   * told something. @throws ApiFault where it is no object
   */
  async settle(object: unknown): Promise<void> {
    if (this.#uid !== "") return;
    const { uid } = metaOf(object);
    const { told, untold } = this.#before;
    // Somebody removed the one that was told: how far that went nobody knows.
    const rest = told === undefined || told.uid !== uid ? [] : beyond(told, (object as Told).status);
    this.#carried = this.#kept([...untold, ...rest]).map((row) => ({
      ...row,
      lastMatch: BigInt(row.lastMatch),
    }));
    this.#uid = uid;
    this.#before = nothing;
    await this.#write();
  }

  /** Keeps what there is now, as the last word of this life. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#cancel();
    await this.#write();
  }

  /** Something matched: looked at within a second, and every second while numbers grow. */
  soon(): void {
    this.#left = looks;
    if (this.#next - this.#options.clock.now() > times.look) this.#lookIn(times.look);
  }

  #lookIn(milliseconds: number): void {
    const { clock } = this.#options;
    this.#cancel();
    if (this.#ended) return;
    this.#next = clock.now() + milliseconds;
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  #look(): void {
    // Sources say their numbers once a second, so what matched may show in the second look only.
    const grew = totalOf(this.#options.rules()) !== this.#sum;
    if (grew || this.#options.clock.now() - this.#at >= times.rest) void this.#write();
    this.#left = grew ? looks : this.#left - 1;
    this.#lookIn(this.#left > 0 ? times.look : times.rest);
  }

  /** One after the other; what cannot be written is said, and tried again with the next look. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#put());
    return this.#writing;
  }

  #kept(rows: readonly Row[]): readonly Row[] {
    const sums = sumOf(rows);
    const { most } = this.#options;
    this.#notKept = totalOf(sums.slice(most));
    return sums.slice(0, most);
  }

  async #put(): Promise<void> {
    const { clock, startTime, rules, say } = this.#options;
    const now = rules();
    const at = clock.now();
    const file: File = {
      version: VERSION,
      at,
      life: {
        startTime: statusTime(startTime),
        uid: this.#uid,
        rows: this.#kept([...now, ...this.carried].map(rowOf)),
      },
      before: this.#before,
    };
    try {
      // Not forced to the disk: what kills an agent leaves the kernel's memory as it is.
      await writeFile(`${this.#path}.new`, JSON.stringify(file), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
      this.#at = at;
      this.#sum = totalOf(now);
    } catch (error) {
      say("error", `matches are not kept on disk: ${(error as Error).message}`, "report: counts");
    }
  }
}

const rowOf = ({ namespace, object, rule, matches, lastMatch }: RuleFact): Row => ({
  ...{ namespace, object, rule, matches },
  lastMatch: lastMatch.toString(),
});

const totalOf = (rules: readonly Pick<Row, "matches">[]) =>
  rules.reduce((total, { matches }) => total + matches, 0);

/** One row for each rule of an object that matched. */
function sumOf(rows: readonly Row[]): readonly Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    // A rule without an object is from a file of the node's own: nobody adds it up.
    if (row.object === "" || !(row.matches > 0)) continue;
    const key = keyOf(row);
    const known = sums.get(key);
    const last = BigInt(known?.lastMatch ?? 0) > BigInt(row.lastMatch) ? known!.lastMatch : row.lastMatch;
    sums.set(key, { ...row, matches: row.matches + (known?.matches ?? 0), lastMatch: last });
  }
  return [...sums.values()];
}

/** A NodeAgent as far as it matters here; the server may say anything. */
interface Told {
  readonly status?: { readonly startTime?: unknown; readonly rules?: unknown };
}

/** What a life counted beyond what its NodeAgent says of it: all of it where that is still of an earlier one. */
function beyond({ startTime, rows }: Life, status: Told["status"]): readonly Row[] {
  if (textOf(status?.startTime) !== startTime) return rows;
  const known = new Map<string, number>();
  for (const each of Array.isArray(status?.rules) ? (status.rules as unknown[]) : []) {
    const { namespace, object, rule, matches } = each as Readonly<Record<string, unknown>>;
    known.set(
      keyOf({ namespace: textOf(namespace), object: textOf(object), rule: textOf(rule) }),
      countOf(matches),
    );
  }
  return rows.map((row) => ({ ...row, matches: row.matches - (known.get(keyOf(row)) ?? 0) }));
}
