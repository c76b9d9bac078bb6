/** What waits, in one file of the node: an agent that starts anew goes on with it. */
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newGroup, waiting, type Group } from "./group.ts";
import type { Match } from "./match.ts";

/** A matter as the file has it. */
interface SavedGroup {
  readonly id: string;
  readonly name: string;
  readonly place: Group["place"];
  readonly first: Match;
  readonly last: Group["last"];
  readonly base?: number;
  readonly count: number;
}

/** Matters that wait, by kind of object. */
export type Saved = Readonly<Record<string, readonly Group[]>>;

const VERSION = 1;

/** Bytes that a file may have; ledgers bound what is written, far below. */
const maximumFile = 64 << 20;

export class Spool {
  readonly #path: string;
  #filled = false;
  /** What was written last. */
  #text = "";

  /** `folder`: the agent's state folder, which exists. */
  constructor(folder: string) {
    this.#path = join(folder, "reports.json");
  }

  /** Whether there is a file with something in it. */
  get filled(): boolean {
    return this.#filled;
  }

  /** Characters of what was written last. */
  get length(): number {
    return this.#text.length;
  }

  /** What an earlier life left; empty where there is nothing. @throws where the file is there and cannot be read */
  async load(now: number): Promise<Saved> {
    let text: string;
    try {
      if ((await stat(this.#path)).size > maximumFile) throw new Error(`${this.#path} is too large`);
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    this.#filled = true;
    const file = JSON.parse(text) as { version?: unknown; matters?: Record<string, unknown> };
    if (file.version !== VERSION) throw new Error(`${this.#path} is of another version`);
    return Object.fromEntries(
      Object.entries(file.matters ?? {}).map(([kind, groups]) => [
        kind,
        (groups as SavedGroup[]).filter(isWhole).map((saved) => restored(saved, now)),
      ]),
    );
  }

  /** Writes what waits, as a whole or not at all; takes the file away where nothing does. */
  async save(saved: Saved): Promise<void> {
    const matters = Object.fromEntries(
      Object.entries(saved).map(([kind, groups]) => [kind, groups.map(savedOf)]),
    );
    if (Object.values(matters).every((groups) => groups.length === 0)) {
      if (this.#filled) await rm(this.#path, { force: true });
      this.#filled = false;
      this.#text = "";
      return;
    }
    const next = `${this.#path}.new`;
    const text = JSON.stringify({ version: VERSION, matters });
    if (text === this.#text) return;
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, this.#path);
    this.#text = text;
    this.#filled = true;
  }
}

function savedOf(group: Group): SavedGroup {
  const { id, name, place, first, last, base } = group;
  return { id, name, place, first: first!, last, count: waiting(group), ...(base !== undefined && { base }) };
}

/** Whether nobody wrote something else into the file. */
const isWhole = ({ id, name, place, first, last, count }: Partial<SavedGroup>) =>
  typeof id === "string" &&
  typeof name === "string" &&
  typeof place?.namespace === "string" &&
  typeof first?.time === "string" &&
  typeof last?.output === "string" &&
  Number.isSafeInteger(count) &&
  count! > 0;

/** All of it may stand in the object already: the file may be older than the agent's end. */
function restored({ id, name, place, first, last, base, count }: SavedGroup, now: number): Group {
  return { ...newGroup(id, name, place, first, now), first, last, base, unsure: count };
}
