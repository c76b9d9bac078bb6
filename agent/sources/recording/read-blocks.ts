/** A recording's blocks, checked one by one. Nothing in the file is trusted: every length has a bound. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crc32, inflateRawSync } from "node:zlib";
import { BLOCK, FILE_HEAD, MAGIC, MOST_BLOCK, VERSION, blockFlags, blockKinds } from "./format.ts";

/** The file is no recording, or none that this version can read. The message is for the user. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

/** Where reading ended before the recording's own end. */
export interface Broken {
  /**
   * torn: the file ends within a block, as after a crash or a full disk. damaged: bytes are not what was written.
   */
  readonly kind: "torn" | "damaged";
  /** Of the block that could not be read. */
  readonly offset: number;
  readonly reason: string;
}

export interface Block {
  readonly kind: number;
  readonly payload: Buffer;
  readonly offset: number;
}

/** Bytes from any place; fewer than asked for at the end. */
export interface ByteSource {
  read(offset: number, length: number): Buffer;
}

/** A recording on disk. */
export interface RecordingBytes extends ByteSource {
  readonly size: number;
  close(): void;
}

/** Opens a file without waiting for anybody. @throws RecordingError where it is none that can be read. */
export function openRecording(path: string): RecordingBytes {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new RecordingError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new RecordingError(`${path} is no regular file; a recording is read from a file on disk`);
  }
  return {
    size: stat.size,
    read: (offset, length) => readAt(fd, offset, length),
    close: () => closeSync(fd),
  };
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const count = readSync(fd, bytes, got, length - got, offset + got);
    if (count === 0) break;
    got += count;
  }
  return bytes.subarray(0, got);
}

/** @throws RecordingError where `source` does not begin as a recording of a version that we know. */
export function checkFileHead(source: ByteSource, name: string): void {
  const head = source.read(0, FILE_HEAD.size);
  if (head.length < FILE_HEAD.size || !head.subarray(0, MAGIC.length).equals(MAGIC))
    throw new RecordingError(`${name} is no recording of tiercel record`);
  if (crc32(head.subarray(0, FILE_HEAD.checksum)) !== head.readUInt32LE(FILE_HEAD.checksum))
    throw new RecordingError(`${name} is damaged at offset 0: the checksum of its first bytes is wrong`);
  const major = head.readUInt16LE(FILE_HEAD.major);
  if (major !== VERSION.major)
    throw new RecordingError(
      `${name} has format version ${major}, and this Tiercel reads version ${VERSION.major}; replay it with the version that recorded it or a newer one`,
    );
}

/**
 * All blocks in order. Ends at the file's end or at the first block that is not whole, which is what it returns.
 * @throws RecordingError for a block that a reader must know and we do not.
 */
export function* readBlocks(source: ByteSource): Generator<Block, Broken | undefined> {
  let offset: number = FILE_HEAD.size;
  for (;;) {
    const head = source.read(offset, BLOCK.size);
    if (head.length === 0) return undefined;
    const broken = judgeHead(head);
    if (broken !== undefined) return { ...broken, offset };
    const length = head.readUInt32LE(BLOCK.stored);
    const stored = source.read(offset + BLOCK.size, length);
    if (stored.length < length)
      return { kind: "torn", offset, reason: `${length - stored.length} bytes of a block are missing` };
    const payload = payloadOf(head, stored);
    if (typeof payload === "string") return { kind: "damaged", offset, reason: payload };
    const kind = head.readUInt16LE(BLOCK.kind);
    if (isKnown(kind)) yield { kind, payload, offset };
    else if ((head.readUInt16LE(BLOCK.flags) & blockFlags.NEEDED) !== 0)
      throw new RecordingError(
        `the block at offset ${offset} is of kind ${kind}, which this Tiercel does not know and the recording cannot be replayed without; use a newer one`,
      );
    offset += BLOCK.size + length;
  }
}

const known: ReadonlySet<number> = new Set(Object.values(blockKinds));
const isKnown = (kind: number) => known.has(kind);

function judgeHead(head: Buffer): Pick<Broken, "kind" | "reason"> | undefined {
  if (head.length < BLOCK.size) return { kind: "torn", reason: "the head of a block is cut off" };
  // What a file system leaves where bytes were promised and never written.
  if (head.every((byte) => byte === 0)) return { kind: "torn", reason: "the rest was never written" };
  if (crc32(head.subarray(0, BLOCK.headChecksum)) !== head.readUInt32LE(BLOCK.headChecksum))
    return { kind: "damaged", reason: "the checksum of a block's head is wrong" };
  if (Math.max(head.readUInt32LE(BLOCK.stored), head.readUInt32LE(BLOCK.plain)) > MOST_BLOCK)
    return { kind: "damaged", reason: "a block is longer than blocks may be" };
  return undefined;
}

/** What a block holds, or what is wrong with it. */
function payloadOf(head: Buffer, stored: Buffer): Buffer | string {
  if (crc32(stored) !== head.readUInt32LE(BLOCK.checksum)) return "the checksum of a block is wrong";
  const plain = head.readUInt32LE(BLOCK.plain);
  if ((head.readUInt16LE(BLOCK.flags) & blockFlags.DEFLATED) === 0)
    return stored.length === plain ? stored : "a block's lengths contradict each other";
  try {
    const payload = inflateRawSync(stored, { maxOutputLength: Math.max(plain, 1) });
    return payload.length === plain ? payload : "a block's length is not what it says";
  } catch {
    return "a block cannot be inflated";
  }
}
