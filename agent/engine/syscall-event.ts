/** The one context object that every event of the syscall source is shown through. */
import { HEADER } from "../events/record.ts";
import { RecordView } from "../events/record-view.ts";
import { pathViews, type PathView, type SyscallContext } from "../fields/context.ts";
import type { Host, Process } from "../state/types.ts";

/** Number and times of one event. */
export interface EventMoment {
  readonly number: number;
  readonly low: number;
  readonly high: number;
  readonly previousLow: number;
  readonly previousHigh: number;
  readonly first: bigint;
}

/**
 * Moves over records in place. Per event nothing is allocated: times are kept as halves and become bigints only when
 * they are asked for.
 */
export class SyscallEvent implements SyscallContext {
  record = new RecordView();
  readonly host: Host;
  process: Process | undefined = undefined;
  number = 0;
  view: PathView = pathViews.asked;
  readonly overrides = undefined;
  private low = 0;
  private high = 0;
  private previousLow = 0;
  private previousHigh = 0;
  private first = 0n;

  constructor(host: Host) {
    this.host = host;
  }

  /** Shows the record's present content as the next event. */
  next(record: RecordView, process: Process | undefined): void {
    this.record = record;
    this.previousLow = this.low;
    this.previousHigh = this.high;
    this.low = record.u32(HEADER.time);
    this.high = record.u32(HEADER.time + 4);
    this.process = process;
    this.view = pathViews.asked;
    this.number++;
    if (this.number !== 1) return;
    this.first = this.time;
    this.previousLow = this.low;
    this.previousHigh = this.high;
  }

  /** What tells this event from others, for `show`. */
  moment(): EventMoment {
    const { number, low, high, previousLow, previousHigh, first } = this;
    return { number, low, high, previousLow, previousHigh, first };
  }

  /** Shows an event again as it was: its record, its process, its place in the stream. */
  show(record: RecordView, process: Process | undefined, moment: EventMoment): void {
    this.record = record;
    this.process = process;
    this.view = pathViews.asked;
    Object.assign(this, moment);
  }

  get time(): bigint {
    return this.clock(this.low, this.high);
  }
  /** Of the first event: its own. */
  get previousTime(): bigint {
    return this.clock(this.previousLow, this.previousHigh);
  }
  get firstTime(): bigint {
    return this.first;
  }

  private clock(low: number, high: number): bigint {
    return this.host.bootTime + ((BigInt(high) << 32n) | BigInt(low));
  }
}
