/** The processes by id: bounded in number and text, and a container that forks without end pushes out its own. */
import type { ProcessEntry } from "./process-entry.ts";

/** The processes of one container, in order of arrival. */
interface Group {
  readonly entries: Set<ProcessEntry>;
  weight: number;
}

export interface ProcessTableOptions {
  /** How many processes are kept at most. */
  readonly capacity: number;
  /** How many bytes of arguments and environments they may have together. */
  readonly text: number;
  /** Called for each process that is pushed out. */
  readonly onEvict: (entry: ProcessEntry) => void;
}

/** What a process weighs besides its text. */
const ENTRY = 1024;

export class ProcessTable {
  private readonly byPid = new Map<number, ProcessEntry>();
  private readonly groups = new Map<string, Group>();
  private readonly options: ProcessTableOptions;
  private text = 0;
  /** Processes pushed out since start. */
  evicted = 0;

  constructor(options: ProcessTableOptions) {
    this.options = options;
  }

  get size(): number {
    return this.byPid.size;
  }

  get(pid: number): ProcessEntry | undefined {
    return this.byPid.get(pid);
  }

  values(): IterableIterator<ProcessEntry> {
    return this.byPid.values();
  }

  /** The process of a container that came first. */
  firstOf(containerId: string): ProcessEntry | undefined {
    for (const entry of this.groups.get(containerId)?.entries ?? []) return entry;
    return undefined;
  }

  add(entry: ProcessEntry): void {
    if (this.byPid.size >= this.options.capacity) this.makeRoom(undefined);
    this.byPid.set(entry.pid, entry);
    entry.listed = true;
    this.join(entry);
  }

  /** Takes `entry` out; its links to parent and children are the caller's matter. */
  remove(entry: ProcessEntry): void {
    if (!entry.listed) return;
    this.leave(entry);
    entry.listed = false;
    this.byPid.delete(entry.pid);
  }

  /** Runs `change`, which gives `entry` another container or other text. */
  update(entry: ProcessEntry, change: () => void): void {
    if (!entry.listed) {
      change();
      return;
    }
    this.leave(entry);
    change();
    this.join(entry);
    if (this.text > this.options.text) this.makeRoom(entry);
  }

  private join(entry: ProcessEntry): void {
    const { id } = entry.container;
    let group = this.groups.get(id);
    if (group === undefined) this.groups.set(id, (group = { entries: new Set(), weight: 0 }));
    group.entries.add(entry);
    group.weight += ENTRY + entry.text;
    this.text += entry.text;
  }

  private leave(entry: ProcessEntry): void {
    const { id } = entry.container;
    const group = this.groups.get(id);
    if (group?.entries.delete(entry) !== true) return;
    group.weight -= ENTRY + entry.text;
    this.text -= entry.text;
    if (group.entries.size === 0) this.groups.delete(id);
  }

  /**
   * Pushes out a 64th of the table, or of its text: the oldest of the heaviest container, those without children first.
   * Not `spared`, whose event is just being taken in.
   */
  private makeRoom(spared: ProcessEntry | undefined): void {
    let heaviest: Group | undefined;
    for (const group of this.groups.values())
      if (heaviest === undefined || group.weight > heaviest.weight) heaviest = group;
    if (heaviest === undefined) return;
    const { capacity, text: maxText, onEvict } = this.options;
    const size = capacity - Math.max(1, capacity >> 6);
    const text = maxText - (maxText >> 6);
    for (const leavesOnly of [true, false])
      for (const entry of heaviest.entries) {
        if (this.byPid.size <= size && this.text <= text) return;
        // Under a bound on text only, what has none of its own gives no room.
        if (entry === spared || (this.byPid.size <= size && entry.text === 0)) continue;
        if (leavesOnly && entry.children !== undefined && entry.children.size > 0) continue;
        entry.parent?.children?.delete(entry);
        this.remove(entry);
        onEvict(entry);
        this.evicted++;
      }
  }
}
