/**
 * What waits for one sink on disk: append-only files that are read back in order. Each record carries its length and a
 * checksum; where a file ends in the middle of one, it is cut there. A file is deleted once all of it was settled, so
 * after a crash some may come twice, but none out of order.
 */
import { mkdir, open, readdir, readFile, rm, truncate, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { systemError } from "./sink.ts";
import { frame, HEADER, MAGIC, readSegment } from "./spool-segment.ts";

export interface SpoolOptions {
  /** Absolute; made where it is missing, for us alone. */
  readonly folder: string;
  /** Bytes of all its files together. */
  readonly limit: number;
  /** Bytes after which a new file is begun: what is read back at once. */
  readonly segment: number;
  /** Told of records that are lost since the disk failed, and why. */
  readonly onLost: (records: number, reason: string) => void;
}

interface Segment {
  readonly number: number;
  records: number;
  bytes: number;
}

/** Bytes of records that wait to be written. */
const mostPending = 4 << 20;

/** Number of the first file: what is put back gets a lower one. */
const firstNumber = 1_000_000_000;

const sizeOf = (framed: readonly Buffer[]) => framed.reduce((sum, { length }) => sum + length, 0);

const fileName = (number: number) => `${String(number).padStart(16, "0")}.spool`;

export class Spool {
  readonly #options: SpoolOptions;
  /** Oldest first; the last one may be `#current`. */
  readonly #segments: Segment[] = [];
  #current: { readonly segment: Segment; readonly handle: FileHandle } | undefined;
  #inWork: Segment | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing = false;
  #bytes = 0;
  #count = 0;
  #number = firstNumber;
  /** Whatever touches the disk, one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /**
   * Opens the folder and finds what an earlier run left. Files that end in the middle of a record are cut; what is no
   * record of ours is told to onLost as one record.
   * @throws Error of the file system where the folder cannot be made or read
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#find();
    return spool;
  }

  /** Records that wait: not those that were taken. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of its files, and of what is about to be written. */
  get bytes(): number {
    return this.#bytes;
  }

  async #find(): Promise<void> {
    const { folder, onLost } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => /^\d{16}\.spool$/.test(name)).sort();
    for (const name of names) {
      const path = join(folder, name);
      const bytes = await readFile(path);
      const { records, good } = readSegment(bytes);
      if (good < bytes.length && bytes.length > MAGIC.length)
        onLost(1, `${path} ends in the middle of a record`);
      if (records.length === 0) await unlink(path);
      else {
        if (good < bytes.length) await truncate(path, good);
        this.#segments.push({ number: Number.parseInt(name, 10), records: records.length, bytes: good });
        this.#bytes += good;
        this.#count += records.length;
      }
      this.#number = Math.max(this.#number, Number.parseInt(name, 10) + 1);
    }
  }

  /** Takes one record; false where there is no room for it. It is written soon. */
  append(record: Buffer): boolean {
    const size = record.length + HEADER;
    if (this.#bytes + size > this.#options.limit || this.#pendingBytes + size > mostPending) return false;
    this.#pending.push(frame(record));
    this.#pendingBytes += size;
    this.#bytes += size;
    this.#count++;
    if (!this.#writing) {
      this.#writing = true;
      void this.#exclusive(() => this.#flush());
    }
    return true;
  }

  /**
   * Hands the oldest records to `use`, a file's worth, in the same turn in which they leave the count. They stay on disk
   * until `settled`. What cannot be read is told to onLost.
   */
  take(use: (records: readonly Buffer[]) => void): Promise<void> {
    return this.#exclusive(async () => {
      await this.#flush();
      await this.#forgetWork();
      const [segment] = this.#segments;
      if (segment === undefined) return;
      if (this.#current?.segment === segment) await this.#shut();
      const path = join(this.#options.folder, fileName(segment.number));
      let records: readonly Buffer[] = [];
      let reason = `${path} has changed`;
      try {
        ({ records } = readSegment(await readFile(path)));
      } catch (error) {
        reason = `${path} cannot be read: ${systemError(error)}`;
      }
      this.#segments.shift();
      this.#inWork = segment;
      this.#count -= segment.records;
      const lost = segment.records - records.length;
      if (lost > 0) this.#options.onLost(lost, reason);
      use(records);
    });
  }

  /** What was taken is done with: its file goes. */
  settled(): Promise<void> {
    return this.#exclusive(() => this.#forgetWork());
  }

  /**
   * Puts records before all others, in place of what was taken; for the end of the agent. Gives how many found room, the
   * first ones.
   */
  putBack(records: readonly Buffer[]): Promise<number> {
    return this.#exclusive(async () => {
      await this.#flush();
      const room = this.#options.limit - this.#bytes + (this.#inWork?.bytes ?? 0);
      const chunks = this.#chunks(records, room);
      let number = this.#inWork?.number ?? this.#segments[0]?.number ?? this.#number;
      let kept = 0;
      try {
        for (const chunk of chunks.reverse()) {
          await this.#write(--number, chunk);
          kept += chunk.length;
        }
      } catch (error) {
        this.#options.onLost(0, `${this.#options.folder}: ${systemError(error)}`);
      }
      await this.#forgetWork();
      return kept;
    });
  }

  /** Writes out what was appended. Nothing may be called afterwards. */
  async close(): Promise<void> {
    await this.#exclusive(async () => {
      await this.#flush();
      await this.#shut();
    });
  }

  /** Closes it and deletes all of it. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#options.folder, { recursive: true, force: true }).catch(() => {});
  }

  /** Framed records as files of their own, as far as they fit into `room`. */
  #chunks(records: readonly Buffer[], room: number): Buffer[][] {
    const chunks: Buffer[][] = [];
    let left = room;
    let size = Infinity;
    for (const record of records) {
      const bytes = record.length + HEADER;
      const needed = bytes + (size + bytes > this.#options.segment ? MAGIC.length : 0);
      if (needed > left) break;
      if (size + bytes > this.#options.segment) {
        chunks.push([]);
        size = MAGIC.length;
      }
      chunks.at(-1)!.push(frame(record));
      size += bytes;
      left -= needed;
    }
    return chunks;
  }

  async #write(number: number, framed: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat([MAGIC, ...framed]);
    const handle = await open(join(this.#options.folder, fileName(number)), "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    this.#segments.unshift({ number, records: framed.length, bytes: bytes.length });
    this.#bytes += bytes.length;
    this.#count += framed.length;
  }

  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      let batch: readonly Buffer[] = [];
      try {
        const { handle, segment } = await this.#writable();
        batch = this.#next(this.#options.segment - segment.bytes);
        await handle.appendFile(Buffer.concat(batch));
        segment.records += batch.length;
        segment.bytes += sizeOf(batch);
      } catch (error) {
        // Without a file all that waits is lost, with one what was to be written to it.
        if (batch.length === 0) batch = this.#next(Infinity);
        this.#bytes -= sizeOf(batch);
        this.#count -= batch.length;
        await this.#mend();
        this.#options.onLost(batch.length, `${this.#options.folder}: ${systemError(error)}`);
      }
    }
    this.#writing = false;
  }

  /** The first of what waits to be written, until it has that many bytes. */
  #next(bytes: number): readonly Buffer[] {
    let end = 0;
    for (let size = 0; end < this.#pending.length && size < bytes; end++) size += this.#pending[end]!.length;
    const batch = this.#pending.splice(0, end);
    this.#pendingBytes -= sizeOf(batch);
    return batch;
  }

  /** The last file, or a new one where it is full. */
  async #writable() {
    if (this.#current !== undefined && this.#current.segment.bytes < this.#options.segment)
      return this.#current;
    await this.#shut();
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const number = this.#number++;
    const handle = await open(join(folder, fileName(number)), "wx", 0o600);
    const segment = { number, records: 0, bytes: MAGIC.length };
    this.#current = { segment, handle };
    this.#segments.push(segment);
    this.#bytes += MAGIC.length;
    await handle.appendFile(MAGIC);
    return this.#current;
  }

  /** After a write that failed half-way: takes back what it left. */
  async #mend(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    await current.handle.truncate(current.segment.bytes).catch(() => {});
    await this.#shut();
    if (current.segment.records > 0) return;
    this.#segments.pop();
    this.#bytes -= MAGIC.length;
    await unlink(join(this.#options.folder, fileName(current.segment.number))).catch(() => {});
  }

  async #shut(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    await current.handle.datasync().catch(() => {});
    await current.handle.close().catch(() => {});
  }

  async #forgetWork(): Promise<void> {
    const segment = this.#inWork;
    if (segment === undefined) return;
    this.#inWork = undefined;
    this.#bytes -= segment.bytes;
    await unlink(join(this.#options.folder, fileName(segment.number))).catch(() => {});
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
