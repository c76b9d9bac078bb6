/**
 * Processes as they were at one moment, for events whose rules are tried later: the tree goes on meanwhile. What has not
 * changed since the last snapshot is shared, so that many events of one process cost one copy of it and its ancestors.
 */
import type { ByteString, Process } from "./types.ts";

/** Longer chains are cut: nothing looks at more ancestors (agent/fields/ancestors.ts). */
const MAX_ANCESTORS = 256;

/** What is no fact of a process but bookkeeping of the table: not copied, and no change. */
const bookkeeping: ReadonlySet<string> = new Set(["children", "task", "listed", "settledAt", "seenComm"]);

type Facts = Record<string, unknown>;

export class ProcessSnapshots {
  private readonly latest = new Map<Process, Process>();

  /** `process` as it is now, and its ancestors; containers are shared, for what is learnt of them is wanted. */
  of(process: Process): Process {
    const line: Process[] = [];
    for (
      let at: Process | undefined = process;
      at !== undefined && line.length < MAX_ANCESTORS && !line.includes(at);
      at = at.parent
    )
      line.push(at);
    let above: Process | undefined;
    for (const each of line.reverse()) above = this.one(each, above);
    return above!;
  }

  /** Forgets all: those handed out stay as they are. */
  clear(): void {
    this.latest.clear();
  }

  private one(process: Process, parent: Process | undefined): Process {
    const known = this.latest.get(process);
    if (known?.parent === parent && known !== undefined && isSame(process, known)) return known;
    const copy = Object.create(Object.getPrototypeOf(process) as object) as Facts & Process;
    for (const [key, value] of Object.entries(process)) if (!bookkeeping.has(key)) copy[key] = frozen(value);
    copy.parent = parent;
    this.latest.set(process, copy);
    return copy;
  }
}

/** Of what is changed in place, a copy. */
function frozen(value: unknown): unknown {
  if (value instanceof Map) return new Map(value as Map<number, ByteString>);
  return isNumbers(value) ? [...value] : value;
}

const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && typeof value[0] === "number";

function isSame(process: Process, copy: Process): boolean {
  for (const [key, value] of Object.entries(process)) {
    if (key === "parent" || bookkeeping.has(key)) continue;
    if (!same(value, (copy as unknown as Facts)[key])) return false;
  }
  return true;
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Map && b instanceof Map) {
    if (a.size !== b.size) return false;
    for (const [key, value] of a) if (b.get(key) !== value) return false;
    return true;
  }
  if (!isNumbers(a) || !isNumbers(b) || a.length !== b.length) return false;
  return a.every((value, index) => value === b[index]);
}
