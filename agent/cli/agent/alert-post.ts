/** Alerts on their way from the capture thread to the main thread: in batches, and never more than it can take. */
import type { Alert } from "../../engine/alert.ts";

/** Alerts that may be under way; a batch is posted at the end of a drain, or when it has this many. */
const BATCH = 256;

/** What both threads see: the number of alerts that the main thread has taken, as a running 32-bit count. */
export function takenCounter(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Told by the main thread that it has taken `count` alerts. */
export function taken(counter: Int32Array, count: number): void {
  Atomics.add(counter, 0, count);
}

/** The capture thread's side. What the main thread cannot take is dropped and counted. */
export class AlertPost {
  /** Alerts dropped because `capacity` were under way. */
  overflow = 0;
  private readonly post: (alerts: readonly Alert[]) => void;
  private readonly counter: Int32Array;
  private readonly capacity: number;
  private batch: Alert[] = [];
  private sent = 0;

  constructor(post: (alerts: readonly Alert[]) => void, counter: Int32Array, capacity: number) {
    this.post = post;
    this.counter = counter;
    this.capacity = capacity;
  }

  push(alert: Alert): void {
    if (((this.sent - Atomics.load(this.counter, 0)) | 0) >= this.capacity) {
      this.overflow++;
      return;
    }
    this.sent = (this.sent + 1) | 0;
    this.batch.push(alert);
    if (this.batch.length >= BATCH) this.flush();
  }

  flush(): void {
    if (this.batch.length === 0) return;
    this.post(this.batch);
    this.batch = [];
  }
}
