/**
 * Writes a recording to disk, on a thread of its own. What cannot be written whole is taken back, so that the file ends
 * behind a block, whatever happens to the disk.
 */
import { fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import { MOST_BLOCK, blockKinds, itemKinds } from "./format.ts";
import type { Chunk } from "./chunks.ts";
import { toTypedJson } from "./typed-json.ts";
import { block, fileHead, item } from "./write-blocks.ts";

/** A stream block is closed when it has so many bytes; a single item may be longer. */
const BLOCK_BYTES = 512 << 10;
/** Kept free below the limit for the end. */
const END_BYTES = 16 << 10;

export interface RecordingFileOptions {
  /** Open for writing, empty. */
  readonly fd: number;
  /** Most bytes that the file may have. */
  readonly limit: number;
  /** Told once why nothing more is written. */
  readonly onFull: (reason: string) => void;
}

/** How writing went. */
export interface Written {
  readonly bytes: number;
  readonly records: number;
  /** Records and inputs that came when nothing could be written any more, or were too long. */
  readonly unwritten: number;
  /** Why it ended early; undefined where it did not. */
  readonly full: string | undefined;
}

export class RecordingFile {
  private readonly options: RecordingFileOptions;
  private bytes = 0;
  private records = 0;
  private unwritten = 0;
  private full: string | undefined;

  constructor(options: RecordingFileOptions) {
    this.options = options;
  }

  /** Writes the beginning: what is known of the machine. */
  begin(facts: unknown): void {
    this.append(Buffer.concat([fileHead(), block(blockKinds.FACTS, Buffer.from(toTypedJson(facts)))]));
  }

  /** Writes what a chunk holds, records and values in their order. */
  chunk({ bytes, length, records, values }: Chunk): void {
    const all = bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes, 0, length);
    const pieces: Buffer[] = [];
    let size = 0;
    let written = true;
    const flush = () => {
      if (size > 0) written = this.append(block(blockKinds.STREAM, Buffer.concat(pieces, size))) && written;
      pieces.length = 0;
      size = 0;
    };
    const add = (piece: Buffer) => {
      if (size > 0 && size + piece.length > BLOCK_BYTES) flush();
      pieces.push(piece);
      size += piece.length;
    };
    let from = 0;
    for (const { at, kind, value } of values) {
      if (at > from) add(all.subarray(from, at));
      from = Math.max(from, at);
      add(this.itemOf(kind, value));
    }
    if (length > from) add(all.subarray(from, length));
    flush();
    if (written) this.records += records;
    else this.unwritten += records;
  }

  /** An item longer than a block may be is said to be missing. */
  private itemOf(kind: number, value: unknown): Buffer {
    const body = Buffer.from(toTypedJson(value));
    if (body.length < MOST_BLOCK - BLOCK_BYTES) return item(kind, body);
    this.unwritten++;
    return item(itemKinds.LOST, Buffer.from(toTypedJson({ records: 0, inputs: 1 })));
  }

  /** Writes the end and brings all of it to the disk. */
  end(summary: Readonly<Record<string, unknown>>): Written {
    const { fd } = this.options;
    const reason = this.full ?? summary["reason"];
    const last = block(
      blockKinds.END,
      Buffer.from(toTypedJson({ ...summary, reason, records: this.records })),
    );
    this.write(last);
    try {
      fdatasyncSync(fd);
    } catch (error) {
      this.stop((error as Error).message);
    }
    const { bytes, records, unwritten, full } = this;
    return { bytes, records, unwritten, full };
  }

  /** Writes a block where there is room. False where it was not written. */
  private append(bytes: Buffer): boolean {
    if (this.full !== undefined) return false;
    if (this.bytes + bytes.length + END_BYTES > this.options.limit) {
      this.stop(`it has the ${this.options.limit} bytes that it may have`);
      return false;
    }
    return this.write(bytes);
  }

  private write(bytes: Buffer): boolean {
    const { fd } = this.options;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, this.bytes + at);
      this.bytes += bytes.length;
      return true;
    } catch (error) {
      ftruncateSync(fd, this.bytes);
      this.stop((error as Error).message);
      return false;
    }
  }

  private stop(reason: string): void {
    if (this.full !== undefined) return;
    this.full = reason;
    this.options.onFull(reason);
  }
}
