/** What a syscall field reads from: the record, who did it, and the node. One object, reused for every event. */
import type { RecordView } from "../events/record-view.ts";
import type { Host, Process } from "../state/types.ts";

/** Which of the three facts about a path the path fields show (design.md 3.3, Views). */
export const pathViews = { asked: 0, real: 1, fileSystem: 2 } as const;
export type PathView = (typeof pathViews)[keyof typeof pathViews];

/** What events of every source have. */
export interface GenericContext {
  /** evt.num: from 1, counts every event the engine saw. */
  readonly number: number;
  /** ns since the epoch. */
  readonly time: bigint;
  /** Time of the first event, ns since the epoch. */
  readonly firstTime: bigint;
  readonly host: Pick<Host, "hostname">;
  /** Values a fixture sets by field text (`tiercel test`); null is missing. Undefined in production. */
  readonly overrides:
    ReadonlyMap<string, string | number | bigint | boolean | readonly string[] | null> | undefined;
}

/** An event of the syscall source. One object is reused for all; `view` changes while a rule is tried. */
export interface SyscallContext extends GenericContext {
  readonly record: RecordView;
  /** The process that made the call; undefined where state has none. */
  process: Process | undefined;
  readonly host: Host;
  /** Time of the previous event, ns since the epoch. */
  readonly previousTime: bigint;
  view: PathView;
}
