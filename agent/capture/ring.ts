/**
 * The kernel's ring buffer, read in place: a page with our position, a page with the kernel's, and the data. The kernel
 * offers the data twice in a row, so that no record wraps; we map them once, since both would count as our memory, and
 * copy the one record in a round that does wrap. Layout and protocol: kernel/bpf/ringbuf.c,
 * Documentation/bpf/ringbuf.rst.
 */
import { RecordError, RecordView } from "../events/record-view.ts";
import { RECORD_MAX } from "../events/record.ts";
import { mapMemory, pageSize, type Mapping } from "./native.ts";

/** Bits of a record's length word: being written, thrown away. */
const BUSY = 0x80000000 | 0;
const DISCARDED = 0x40000000;
const LENGTH = 0x3fffffff;
const RECORD_HEADER = 8;
/** Bytes kept of a malformed record: its header and the front of its part table. */
const SAMPLE_BYTES = 256;

/** The kernel gets room back after this many bytes at the latest. */
const RELEASE_BYTES = 64 * 1024;
/** The clock is asked once in so many records. */
const CLOCK_EVERY = 64;

export class Ring {
  /** Records that contradicted themselves; they are skipped. */
  malformed = 0;
  /** The first of them: why, and how it begins. */
  sample: { readonly reason: string; readonly bytes: Buffer } | undefined;
  private readonly size: number;
  private readonly consumer: Mapping;
  private readonly producer: Mapping;
  private readonly consumerWord: BigInt64Array;
  private readonly producerWord: Int32Array;
  private readonly words: Int32Array;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private readonly record = new RecordView();
  /** Where a record that wraps is put together. */
  private readonly wrapped = Buffer.alloc(RECORD_MAX);
  private readonly wrappedView = new DataView(this.wrapped.buffer, this.wrapped.byteOffset, RECORD_MAX);
  private position: bigint;
  private closed = false;

  /** Maps the ring `fd` of `size` bytes. @throws LibbpfError */
  constructor(fd: number, size: number) {
    const page = pageSize();
    this.size = size;
    this.consumer = mapMemory(fd, page, 0, true);
    this.producer = mapMemory(fd, page + size, page, false);
    this.consumerWord = new BigInt64Array(this.consumer.bytes, 0, 1);
    this.producerWord = new Int32Array(this.producer.bytes, 0, 1);
    this.words = new Int32Array(this.producer.bytes, page, size / 4);
    this.bytes = Buffer.from(this.producer.bytes, page, size);
    this.view = new DataView(this.producer.bytes, page, size);
    this.position = Atomics.load(this.consumerWord, 0);
  }

  /** Bytes that the kernel has begun to write and we have not read. */
  get pending(): number {
    if (this.closed) return 0;
    return (Atomics.load(this.producerWord, 0) - Number(BigInt.asIntN(32, this.position))) >>> 0;
  }

  /**
   * Calls `onRecord` with each record there is, for at most `maxMilliseconds`; returns how many. The view and its
   * bytes belong to the ring and are gone when `onRecord` returns: copy what is kept. What `onRecord` throws goes
   * through, its record counts as read.
   */
  drain(onRecord: (record: RecordView) => void, maxMilliseconds: number): number {
    if (this.closed) return 0;
    const until = performance.now() + maxMilliseconds;
    const mask = this.size - 1;
    const start = Number(BigInt.asUintN(32, this.position));
    let at = start;
    let released = start;
    let count = 0;
    try {
      for (;;) {
        if ((Atomics.load(this.producerWord, 0) - at) >> 0 === 0) break;
        const offset = at & mask;
        const word = Atomics.load(this.words, offset >> 2);
        if ((word & BUSY) !== 0) break;
        const length = word & LENGTH;
        at = (at + ((length + RECORD_HEADER + 7) & ~7)) >>> 0;
        if ((word & DISCARDED) !== 0) continue;
        count++;
        if (this.attach((offset + RECORD_HEADER) & mask, length)) onRecord(this.record);
        if ((at - released) >>> 0 > RELEASE_BYTES) {
          this.release(at, released);
          released = at;
        }
        if (count % CLOCK_EVERY === 0 && performance.now() >= until) break;
      }
    } finally {
      if (at !== released) this.release(at, released);
    }
    return count;
  }

  /** Unmaps; the ring reads as empty from then on. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.consumer.unmap();
    this.producer.unmap();
  }

  private attach(at: number, length: number): boolean {
    try {
      const front = this.size - at;
      if (length <= front) this.record.attach(this.bytes, this.view, at, length);
      else {
        if (length > RECORD_MAX) throw new RecordError(`length ${length}`);
        this.bytes.copy(this.wrapped, 0, at, this.size);
        this.bytes.copy(this.wrapped, front, 0, length - front);
        this.record.attach(this.wrapped, this.wrappedView, 0, length);
      }
      return true;
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.malformed++;
      const end = Math.min(at + Math.min(length, SAMPLE_BYTES), this.size);
      this.sample ??= { reason: error.message, bytes: Buffer.from(this.bytes.subarray(at, end)) };
      return false;
    }
  }

  private release(at: number, released: number): void {
    this.position += BigInt((at - released) >>> 0);
    Atomics.store(this.consumerWord, 0, this.position);
  }
}
