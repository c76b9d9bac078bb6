/** The form of one file of a spool: a mark, then records of length, CRC-32 and bytes. */
import { crc32 } from "node:zlib";

/** First bytes of each file; the last of them is the form's version. */
export const MAGIC = Buffer.from("tspool\n\u0001");

/** Bytes before a record's own: its length and its checksum, 32 bits each, little-endian. */
export const HEADER = 8;

/** A record with what stands before it. */
export function frame(record: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(HEADER + record.length);
  framed.writeUInt32LE(record.length, 0);
  framed.writeUInt32LE(crc32(record), 4);
  record.copy(framed, HEADER);
  return framed;
}

/** All whole records from the start on, and the bytes up to which the file is good. */
export function readSegment(bytes: Buffer): { readonly records: readonly Buffer[]; readonly good: number } {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { records: [], good: 0 };
  const records: Buffer[] = [];
  let at = MAGIC.length;
  while (at + HEADER <= bytes.length) {
    const end = at + HEADER + bytes.readUInt32LE(at);
    const record = bytes.subarray(at + HEADER, end);
    if (end > bytes.length || crc32(record) !== bytes.readUInt32LE(at + 4)) break;
    records.push(record);
    at = end;
  }
  return { records, good: at };
}
