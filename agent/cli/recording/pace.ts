/** The pace of a recording: how long to wait before an item, so that items come as far apart as they did. */
import type { RecordingItem } from "../../sources/recording/read.ts";

/** Shorter waits are not waited, ms: timers count whole ones. */
const SHORTEST = 1;

export class Pace {
  private readonly now: () => number;
  private began: { readonly recorded: bigint; readonly here: number } | undefined;

  /** @param now ms, any steady clock. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** ms to wait. Only records tell the time; where processors' clocks differ nothing is waited. */
  before(item: RecordingItem): number {
    if (item.kind !== "record") return 0;
    const { time } = item.record;
    this.began ??= { recorded: time, here: this.now() };
    const due = this.began.here + Number(time - this.began.recorded) / 1e6;
    const wait = due - this.now();
    return wait < SHORTEST ? 0 : Math.min(wait, 2 ** 31 - 1);
  }
}
