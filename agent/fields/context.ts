/** What a syscall field reads from: the record, who did it, and the node. One object, reused for every event. */
import type { RecordView } from "../events/record-view.ts";
import type { Host, Process } from "../state/types.ts";

/** Which of the three facts about a path the path fields show (design.md 3.3, Views). */
export const pathViews = { asked: 0, real: 1, fileSystem: 2 } as const;
export type PathView = (typeof pathViews)[keyof typeof pathViews];

/** Reused for every event of the syscall source; `cache` is cleared when the view or the event changes. */
export interface SyscallContext {
  readonly record: RecordView;
  /** The process that made the call; undefined where state has none. */
  process: Process | undefined;
  readonly host: Host;
  /** evt.num: from 1, counts every event the engine saw. */
  number: number;
  /** ns since the epoch. */
  time: bigint;
  /** Time of the previous event and of the first one, ns since the epoch. */
  previousTime: bigint;
  firstTime: bigint;
  view: PathView;
  /**
   * Values a fixture sets by field text (`tiercel test`'s `fields:`); null is missing. Undefined in production.
   */
  overrides: ReadonlyMap<string, string | number | bigint | boolean | readonly string[] | null> | undefined;
}
