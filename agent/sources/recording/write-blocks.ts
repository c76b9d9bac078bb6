/** The bytes of a recording's parts. Pure. */
import { crc32, deflateRawSync } from "node:zlib";
import { BLOCK, FILE_HEAD, ITEM, MAGIC, VERSION, blockFlags, itemSize } from "./format.ts";

/** Below this a block is not worth deflating, bytes. */
const SMALL = 128;

/** First bytes of a recording. */
export function fileHead(version: { readonly major: number; readonly minor: number } = VERSION): Buffer {
  const head = Buffer.alloc(FILE_HEAD.size);
  MAGIC.copy(head);
  head.writeUInt16LE(version.major, FILE_HEAD.major);
  head.writeUInt16LE(version.minor, FILE_HEAD.minor);
  head.writeUInt32LE(crc32(head.subarray(0, FILE_HEAD.checksum)), FILE_HEAD.checksum);
  return head;
}

/** A block with its head; deflated where that makes it smaller. `flags` without DEFLATED. */
export function block(kind: number, payload: Buffer, flags = 0): Buffer {
  const deflated = payload.length < SMALL ? payload : deflateRawSync(payload, { level: 1 });
  const stored = deflated.length < payload.length ? deflated : payload;
  const bytes = Buffer.allocUnsafe(BLOCK.size + stored.length);
  bytes.writeUInt16LE(kind, BLOCK.kind);
  bytes.writeUInt16LE(stored === payload ? flags : flags | blockFlags.DEFLATED, BLOCK.flags);
  bytes.writeUInt32LE(stored.length, BLOCK.stored);
  bytes.writeUInt32LE(payload.length, BLOCK.plain);
  bytes.writeUInt32LE(crc32(stored), BLOCK.checksum);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, BLOCK.headChecksum)), BLOCK.headChecksum);
  stored.copy(bytes, BLOCK.size);
  return bytes;
}

/** An item's head, at `at` of `bytes`; its body follows, and zeros as `itemSize` counts them. */
export function writeItemHead(bytes: Buffer, at: number, kind: number, length: number): void {
  bytes.writeUInt32LE(length, at + ITEM.length);
  bytes.writeUInt32LE(kind, at + ITEM.kind);
}

/** An item as a buffer of its own. */
export function item(kind: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(itemSize(body.length));
  writeItemHead(bytes, 0, kind, body.length);
  body.copy(bytes, ITEM.size);
  return bytes;
}
