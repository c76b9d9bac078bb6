/**
 * The capture thread's side of a recording: records are copied into one of a few buffers, which go to the thread that
 * writes and come back. Where none is free the disk does not keep up: what comes then is left out and counted, and the
 * recording says how much is missing at that place. Never waits.
 */
import type { RecordView } from "../../events/record-view.ts";
import { RECORD_MAX } from "../../events/record.ts";
import { ITEM, itemKinds, itemSize, type Lost } from "./format.ts";
import { writeItemHead } from "./write-blocks.ts";

/** Something of a recording that is no record, and before which byte of its chunk it stands. */
export interface ChunkValue {
  readonly at: number;
  /** `itemKinds` but RECORD. */
  readonly kind: number;
  /** Typed JSON is made of it by the thread that writes. */
  readonly value: unknown;
}

/** What goes from one thread to the other. */
export interface Chunk {
  /** Items of records, `length` bytes; undefined where there are values alone. To be given back. */
  readonly bytes: ArrayBuffer | undefined;
  readonly length: number;
  readonly records: number;
  readonly values: readonly ChunkValue[];
}

export interface ChunksOptions {
  /** Hands a chunk over; its buffer is transferred. */
  readonly post: (chunk: Chunk) => void;
  /** How many buffers there are (32). */
  readonly buffers?: number;
  /** Bytes of each (256 KiB). */
  readonly bytes?: number;
  /** How many values may be under way (4,096). */
  readonly values?: number;
}

export class Chunks {
  /** Left out since start, because the disk did not keep up. */
  readonly lost = { records: 0, inputs: 0 };
  /** Records handed over, and bytes of their items. */
  records = 0;
  bytes = 0;
  private readonly post: (chunk: Chunk) => void;
  private readonly size: number;
  private readonly mostValues: number;
  private readonly free: ArrayBuffer[] = [];
  /** Buffers that may still be made. */
  private unmade: number;
  private current: Buffer | undefined;
  private length = 0;
  private inCurrent = 0;
  private values: ChunkValue[] = [];
  private underWay = 0;
  /** Of `lost`, not yet said in the stream. */
  private unsaid = { records: 0, inputs: 0 };

  constructor({ post, buffers = 32, bytes = 256 << 10, values = 4_096 }: ChunksOptions) {
    this.post = post;
    this.unmade = buffers;
    this.size = Math.max(bytes, itemSize(RECORD_MAX));
    this.mostValues = values;
  }

  /** Keeps one record; its bytes are copied. */
  record(record: RecordView): void {
    const size = itemSize(record.length);
    if (this.current !== undefined && this.length + size > this.size) this.flush();
    if (this.current === undefined && !this.begin()) {
      this.lost.records++;
      this.unsaid.records++;
      return;
    }
    this.sayLost();
    const bytes = this.current!;
    writeItemHead(bytes, this.length, itemKinds.RECORD, record.length);
    record.copyTo(bytes, this.length + ITEM.size);
    bytes.fill(0, this.length + ITEM.size + record.length, this.length + size);
    this.length += size;
    this.inCurrent++;
  }

  /** Keeps what stands between records. */
  value(kind: number, value: unknown): void {
    if (this.values.length + this.underWay >= this.mostValues) {
      this.lost.inputs++;
      this.unsaid.inputs++;
      return;
    }
    this.sayLost();
    this.values.push({ at: this.length, kind, value });
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.current === undefined && this.values.length === 0) return;
    const bytes = this.current?.buffer as ArrayBuffer | undefined;
    const { length, inCurrent: records, values } = this;
    this.underWay += values.length;
    this.records += records;
    this.bytes += length;
    this.current = undefined;
    this.length = 0;
    this.inCurrent = 0;
    this.values = [];
    this.post({ bytes, length, records, values });
  }

  /** A chunk was written: its buffer and its place for `values` values are free again. */
  giveBack(bytes: ArrayBuffer | undefined, values: number): void {
    if (bytes !== undefined) this.free.push(bytes);
    this.underWay -= values;
  }

  private begin(): boolean {
    const bytes = this.free.pop() ?? this.make();
    if (bytes === undefined) return false;
    // What stands before the first record of this buffer goes with the values alone.
    if (this.values.length > 0) this.flush();
    this.current = Buffer.from(bytes);
    return true;
  }

  private make(): ArrayBuffer | undefined {
    if (this.unmade === 0) return undefined;
    this.unmade--;
    return new ArrayBuffer(this.size);
  }

  private sayLost(): void {
    const { records, inputs } = this.unsaid;
    if (records === 0 && inputs === 0) return;
    this.unsaid = { records: 0, inputs: 0 };
    const lost: Lost = { records, inputs };
    this.values.push({ at: this.length, kind: itemKinds.LOST, value: lost });
  }
}
