/**
 * When to look at the ring. While little happens the kernel wakes us for a record (a watch on the ring's
 * descriptor); while the last look brought many, a timer looks and the kernel wakes nobody.
 */
import type { RecordView } from "../events/record-view.ts";
import type { Control } from "./control.ts";
import { poll, type Poll } from "./native.ts";
import type { Ring } from "./ring.ts";

/** A look that brings so many records means a storm. */
const MANY = 8;
/** Time between looks in a storm, ms: the alert's delay, and what must fit into the ring. */
const STORM_MILLISECONDS = 4;
/** Longest look, ms: timers and messages of the thread wait for it. */
const LOOK_MILLISECONDS = 5;
/**
 * So much left in the ring, bytes, means that a look ended for its time: the next comes at once. A storm always leaves the
 * few records that came while the last ones were read; to look for those again would only wake for each of them.
 */
const LEFT_OVER = 128 << 10;
/** Fallback in quiet times, ms, should a wake-up ever be lost. */
const QUIET_MILLISECONDS = 100;

export class Reader {
  /** Looks at the ring: for bench and metrics. */
  looks = 0;
  private readonly ring: Ring;
  private readonly control: Control;
  private readonly onRecord: (record: RecordView) => void;
  private readonly onLook: () => void;
  private readonly watch: Poll;
  private watching = false;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private readonly fallback: NodeJS.Timeout;
  private stopped = false;

  /** Starts reading. `onLook` is called after each look, however many records it brought. */
  constructor(
    ring: Ring,
    ringFd: number,
    control: Control,
    onRecord: (record: RecordView) => void,
    onLook: () => void = () => {},
  ) {
    this.ring = ring;
    this.control = control;
    this.onRecord = onRecord;
    this.onLook = onLook;
    this.watch = poll(ringFd, () => this.look());
    this.fallback = setInterval(() => {
      if (this.watching) this.look();
    }, QUIET_MILLISECONDS);
    this.look();
  }

  /** Stops reading. Records may still be in the ring: drain it once more after detaching. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.control.sleeping = false;
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    clearInterval(this.fallback);
    this.watch.close();
  }

  private look(): void {
    if (this.stopped) return;
    this.control.sleeping = false;
    this.looks++;
    const count = this.ring.drain(this.onRecord, LOOK_MILLISECONDS);
    this.onLook();
    this.next(count);
  }

  private next(count: number): void {
    if (this.stopped) return;
    if (count >= MANY) {
      this.rest();
      if (this.ring.pending > LEFT_OVER) this.immediate = setImmediate(() => this.look());
      else this.timer = setTimeout(() => this.look(), STORM_MILLISECONDS);
      return;
    }
    // Said first, looked at afterwards: a record that came in between is seen here, one that comes later wakes us.
    this.control.sleeping = true;
    if (this.ring.pending > 0) {
      this.rest();
      this.immediate = setImmediate(() => this.look());
    } else if (!this.watching) {
      this.watching = true;
      this.watch.start();
    }
  }

  private rest(): void {
    if (!this.watching) return;
    this.watching = false;
    this.watch.stop();
  }
}
