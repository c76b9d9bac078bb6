/** Reads one record in place: numbers by offset, strings only when asked. One view is used for all records. */
import { KnownTexts, type KnownText } from "./known-texts.ts";
import {
  DATA_AT,
  HEADER,
  PART_MISSING,
  PARTS_AT,
  RECORD_MAX,
  exeFact,
  fileFact,
  offsets,
  socketFact,
} from "./record.ts";

/** Where each field of a file_fact stands, for `file`. */
export const fileAt = offsets(fileFact);
const SOCKET = offsets(socketFact);
const EXE = offsets(exeFact);

/** Node's own slicing, without what Buffer.toString does around it (types of Node leave it out). */
interface Sliceable {
  latin1Slice(start: number, end: number): string;
}

/** Bytes of comm. */
const COMM = 16;
/** Header fields of 4 bytes from pid to tty: what a task is known by. */
const IDS = (HEADER.tty - HEADER.pid) / 4 + 1;

/** Words of 4 bytes that the capability sets have together. */
const CAPABILITY_WORDS = (HEADER.cap_effective + 8 - HEADER.cap_inheritable) / 4;

/** Why a record cannot be read. The agent counts these and goes on (design.md 3.10). */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

/** A 64-bit value as `number` where safe, else `bigint` (catalogue.ts Scalar). */
export function narrow(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

let generations = 0;

/** The texts of this thread's records. */
export const knownTexts = new KnownTexts();

/**
 * A view over one record. `attach` moves it; nothing read from it may be kept but strings and numbers.
 * Getters are absent-safe: a part that is not there reads as undefined or 0.
 */
export class RecordView {
  /** The bytes of the ring or of a recording; only valid between attach and the next attach. */
  bytes: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  /** Entries of the part table in use. */
  private count = 0;
  type = 0;
  length = 0;
  /** Another one for each record that any view was moved to: what is remembered of a record is remembered by it. */
  generation = 0;

  /**
   * Points the view at the record that begins at `at`.
   * @throws RecordError if header or part table contradict the bytes.
   */
  attach(bytes: Buffer, view: DataView, at: number, available: number): void {
    this.generation = ++generations;
    this.bytes = bytes;
    this.view = view;
    this.at = at;
    if (available < DATA_AT) throw new RecordError(`${available} bytes are no record`);
    const length = view.getUint32(at, true);
    if (length < DATA_AT || length > available || length > RECORD_MAX)
      throw new RecordError(`length ${length} of ${available} bytes`);
    this.length = length;
    this.type = view.getUint16(at + HEADER.type, true);
    const count = view.getUint16(at + HEADER.part_count, true);
    if (count > 32) throw new RecordError(`${count} parts`);
    this.count = count;
    for (let i = 0; i < count; i++) {
      const entry = view.getUint32(at + PARTS_AT + i * 4, true);
      const size = entry >>> 16;
      if (size !== PART_MISSING && (entry & 0xffff) + size > length)
        throw new RecordError(`part ${i} ends outside the record`);
    }
  }

  /** A view of a copy of the record, which stays. */
  copy(): RecordView {
    const bytes = Buffer.from(this.bytes.subarray(this.at, this.at + this.length));
    const view = new RecordView();
    view.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    return view;
  }

  /** A 32-bit (or 16-bit) header field, unsigned. */
  u32(offset: number): number {
    return this.view.getUint32(this.at + offset, true);
  }
  u16(offset: number): number {
    return this.view.getUint16(this.at + offset, true);
  }
  s32(offset: number): number {
    return this.view.getInt32(this.at + offset, true);
  }
  u64(offset: number): bigint {
    return this.view.getBigUint64(this.at + offset, true);
  }
  s64(offset: number): bigint {
    return this.view.getBigInt64(this.at + offset, true);
  }

  get flags(): number {
    return this.u16(HEADER.flags);
  }
  get time(): bigint {
    return this.u64(HEADER.time);
  }
  /** Return value; safe integers as number. */
  get ret(): number | bigint {
    const low = this.view.getUint32(this.at + HEADER.ret, true);
    const high = this.view.getInt32(this.at + HEADER.ret + 4, true);
    if (high === 0) return low;
    if (high === -1) return low - 4294967296;
    return narrow(this.s64(HEADER.ret));
  }
  get pid(): number {
    return this.u32(HEADER.pid);
  }
  get tid(): number {
    return this.u32(HEADER.tid);
  }
  get cpu(): number {
    return this.u16(HEADER.cpu);
  }
  get comm(): string {
    return this.fixedText(this.at + HEADER.comm, 16);
  }

  /** Whether the record has part `index` at all, though it may be NULL. */
  hasPart(index: number): boolean {
    return index < this.count && this.view.getUint32(this.at + PARTS_AT + index * 4, true) !== 0;
  }
  /** Length in bytes of part `index`; -1 where it is absent, NULL or was unreadable. */
  partLength(index: number): number {
    if (index >= this.count) return -1;
    const entry = this.view.getUint32(this.at + PARTS_AT + index * 4, true);
    const size = entry >>> 16;
    return entry === 0 || size === PART_MISSING ? -1 : size;
  }
  /** Offset of part `index` in `bytes`; only meaningful where partLength is not negative. */
  partAt(index: number): number {
    return this.at + this.view.getUint16(this.at + PARTS_AT + index * 4, true);
  }
  /** Offset of part `index` from the record's start, as `u32` and its sisters take it. */
  partOffset(index: number): number {
    return this.view.getUint16(this.at + PARTS_AT + index * 4, true);
  }
  /** `length` bytes from `offset` of the record's start as byte string; undefined where they are not all in it. */
  textAt(offset: number, length: number): string | undefined {
    if (offset + length > this.length) return undefined;
    const at = this.at + offset;
    return (this.bytes as unknown as Sliceable).latin1Slice(at, at + length);
  }
  /** A scalar part: 8 bytes, signed. Undefined where absent. */
  number(index: number): number | bigint | undefined {
    if (this.partLength(index) !== 8) return undefined;
    const at = this.partAt(index);
    const low = this.view.getUint32(at, true);
    const high = this.view.getInt32(at + 4, true);
    if (high === 0) return low;
    if (high === -1) return low - 4294967296;
    return narrow(this.view.getBigInt64(at, true));
  }
  /** A text or byte part as byte string; undefined where absent, NULL or unreadable. */
  text(index: number): string | undefined {
    const size = this.partLength(index);
    if (size < 0) return undefined;
    const at = this.partAt(index);
    const known = knownTexts.find(this.bytes, this.view, at, size);
    if (known !== undefined) return known.text;
    return (this.bytes as unknown as Sliceable).latin1Slice(at, at + size);
  }
  /** The same with what follows from it; undefined also where it is too long or too short to be kept. */
  knownText(index: number): KnownText | undefined {
    const size = this.partLength(index);
    return size < 0 ? undefined : knownTexts.find(this.bytes, this.view, this.partAt(index), size);
  }
  /** Whether part `index` is `text`; false where it is missing. */
  partIs(index: number, text: string): boolean {
    const size = this.partLength(index);
    if (size !== text.length) return false;
    const { bytes } = this;
    const at = this.partAt(index);
    const known = knownTexts.find(bytes, this.view, at, size);
    if (known !== undefined) return known.text === text;
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }
  /** Whether the header's comm is `text`. Makes no string. */
  commIs(text: string): boolean {
    for (let word = 0; word < COMM / 4; word++) {
      const from = word * 4;
      let expected = 0;
      for (let i = 3; i >= 0; i--)
        expected = (expected << 8) | (from + i < text.length ? text.charCodeAt(from + i) : 0);
      if (this.u32(HEADER.comm + from) !== expected >>> 0) return false;
    }
    return true;
  }
  /**
   * Whether the header says of the task what `words` says: ids, terminal, name, cgroup. `words` is of `keepTask`. Makes
   * nothing; the one check that every record goes through.
   */
  taskIs(words: readonly number[]): boolean {
    const { view, at } = this;
    for (let i = 0; i < IDS; i++) if (view.getInt32(at + HEADER.pid + i * 4, true) !== words[i]) return false;
    for (let i = 0; i < COMM / 4; i++)
      if (view.getInt32(at + HEADER.comm + i * 4, true) !== words[IDS + i]) return false;
    return (
      view.getInt32(at + HEADER.cgroup, true) === words[IDS + 4] &&
      view.getInt32(at + HEADER.cgroup + 4, true) === words[IDS + 5]
    );
  }
  /** Puts what the header says of the task into `words`, for `taskIs`. */
  keepTask(words: number[]): void {
    const { view, at } = this;
    for (let i = 0; i < IDS; i++) words[i] = view.getInt32(at + HEADER.pid + i * 4, true);
    for (let i = 0; i < COMM / 4; i++) words[IDS + i] = view.getInt32(at + HEADER.comm + i * 4, true);
    words[IDS + 4] = view.getInt32(at + HEADER.cgroup, true);
    words[IDS + 5] = view.getInt32(at + HEADER.cgroup + 4, true);
  }
  /** Puts the header's capability sets into `words`: inheritable, permitted, effective, the low half of each first. */
  keepCapabilities(words: number[]): void {
    for (let i = 0; i < CAPABILITY_WORDS; i++) words[i] = this.u32(HEADER.cap_inheritable + i * 4);
  }
  /** Whether part `index` was cut: bit of the header's `cut`. */
  isCut(index: number): boolean {
    return ((this.u32(HEADER.cut) >>> index) & 1) === 1;
  }

  /**
   * A field of 4 bytes of the FILE part at `part` (FILE or another file_fact), 0 where absent; `field` is of `fileAt`: a
   * look-up by name here would be one for each call.
   */
  file(part: number, field: number): number {
    return this.partLength(part) < fileAt.size ? 0 : this.view.getUint32(this.partAt(part) + field, true);
  }
  fileInode(part: number): number | bigint {
    return this.partLength(part) < fileAt.size
      ? 0
      : narrow(this.view.getBigUint64(this.partAt(part) + fileAt.ino, true));
  }
  /** An 1- or 2-byte field of a socket_fact part; 0 where absent. */
  socket(
    part: number,
    field:
      | "family"
      | "socket_family"
      | "type"
      | "protocol"
      | "state"
      | "role"
      | "local_port"
      | "remote_port"
      | "flags",
  ): number {
    if (this.partLength(part) < SOCKET.size) return 0;
    const at = this.partAt(part) + SOCKET[field];
    return field === "state" || field === "role" ? this.view.getUint8(at) : this.view.getUint16(at, true);
  }
  /** Address bytes (4 or 16) by the fact's family; undefined for other families. */
  socketAddress(part: number, side: "local_address" | "remote_address"): string | undefined {
    const family = this.socket(part, "family");
    const size = family === 2 ? 4 : family === 10 ? 16 : 0;
    if (size === 0) return undefined;
    const at = this.partAt(part) + SOCKET[side];
    return this.bytes.toString("latin1", at, at + size);
  }
  socketKey(part: number, field: "cookie" | "peer"): bigint {
    return this.partLength(part) < SOCKET.size
      ? 0n
      : this.view.getBigUint64(this.partAt(part) + SOCKET[field], true);
  }
  exe64(part: number, field: "ino" | "ctime" | "mtime" | "pidns_start"): bigint {
    return this.partLength(part) < EXE.size
      ? 0n
      : this.view.getBigUint64(this.partAt(part) + EXE[field], true);
  }
  exe32(part: number, field: "dev" | "flags" | "args_length" | "env_length" | "uid" | "mode"): number {
    return this.partLength(part) < EXE.size ? 0 : this.view.getUint32(this.partAt(part) + EXE[field], true);
  }

  /** Copies the record's bytes to `at` of `target`. */
  copyTo(target: Buffer, at: number): void {
    this.bytes.copy(target, at, this.at, this.at + this.length);
  }

  private fixedText(at: number, size: number): string {
    let end = at;
    while (end < at + size && this.bytes[end] !== 0) end++;
    return this.bytes.toString("latin1", at, end);
  }
}
