/**
 * The file of `tiercel record` (docs/recordings.md): a file head, then blocks. All numbers are little-endian. What is
 * written here once is read for ever: kinds and flags are only ever added.
 */

/** First bytes of every recording. The high bit, CR LF and ^Z show a copy that was taken for text. */
export const MAGIC = Buffer.from([0x89, 0x54, 0x52, 0x45, 0x43, 0x0d, 0x0a, 0x1a]);

/** A reader refuses a newer major and takes any minor: what a minor adds may be skipped. */
export const VERSION = { major: 1, minor: 0 } as const;

/** Magic, u16 major, u16 minor, u32 CRC-32 of the bytes before it. */
export const FILE_HEAD = { major: 8, minor: 10, checksum: 12, size: 16 } as const;

/** Offsets of a block's head; its stored bytes follow. */
export const BLOCK = {
  /** u16, `blockKinds`. */
  kind: 0,
  /** u16, `blockFlags`. */
  flags: 2,
  /** u32: bytes that follow. */
  stored: 4,
  /** u32: bytes that they are when inflated; the same where they are not deflated. */
  plain: 8,
  /** u32: CRC-32 of the stored bytes. */
  checksum: 12,
  /** u32: CRC-32 of the 16 bytes before, so that a damaged length is told from a torn file. */
  headChecksum: 16,
  size: 20,
} as const;

export const blockKinds = {
  /** Typed JSON: facts of the machine and the settings. The first block. */
  FACTS: 1,
  /** Items behind each other. */
  STREAM: 2,
  /** Typed JSON: why and with what numbers the recording ended. The last block. */
  END: 3,
} as const;

export const blockFlags = {
  /** The stored bytes are deflated (RFC 1951). */
  DEFLATED: 1,
  /** A reader that does not know the kind must not go on without it. */
  NEEDED: 2,
} as const;

/** Most bytes of a block, inflated. */
export const MOST_BLOCK = 64 << 20;

/** An item of a stream block: u32 length of its body, u16 kind, u16 0; the body; zeros up to a multiple of 8. */
export const ITEM = { length: 0, kind: 4, size: 8 } as const;

export const itemKinds = {
  /** A record as agent/events/record.ts lays it out. */
  RECORD: 1,
  /** Typed JSON: what the capture thread was told beside records. */
  INPUT: 2,
  /** Typed JSON: what was counted so far; one a second. */
  COUNTERS: 3,
  /** Typed JSON `{records, inputs}`: so many are missing at this place, because the disk did not keep up. */
  LOST: 4,
  /** Typed JSON `{digest}`: from here on the recording agent's rules were in force. */
  RULES: 5,
} as const;

/** What is missing at one place of a recording. */
export interface Lost {
  readonly records: number;
  readonly inputs: number;
}

/** Bytes of an item with a body of `length` bytes. */
export const itemSize = (length: number): number => ITEM.size + ((length + 7) & ~7);
