/**
 * Reads and writes messages of Protocol Buffers (wire types of proto3), as much as container runtimes need
 * (docs/decisions/0005-container-runtimes.md). What is read came from elsewhere: every length is checked, and a message
 * has at most 65,536 fields.
 */
import type { ByteString } from "../byte-string.ts";

/** Bytes that are no message. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Most fields of one message: two bytes are enough for one, so that bytes alone would be no bound. */
const MAX_FIELDS = 65_536;
/** A varint is a number of 64 bits in groups of 7. */
const MAX_VARINT = 10;

type Value = bigint | Uint8Array;

/** One message, its fields by number. A field that is absent, or of another type, reads as proto3's default. */
export class Message {
  readonly #fields = new Map<number, Value[]>();

  /** @throws WireError */
  constructor(bytes: Uint8Array) {
    const cursor = { bytes, at: 0 };
    for (let count = 0; cursor.at < bytes.length; count++) {
      if (count === MAX_FIELDS) throw new WireError(`a message has more than ${MAX_FIELDS} fields`);
      const tag = varint(cursor);
      const field = Number(tag >> 3n);
      const value = read(cursor, Number(tag & 7n));
      const values = this.#fields.get(field);
      if (values === undefined) this.#fields.set(field, [value]);
      else values.push(value);
    }
  }

  #last(field: number): Value | undefined {
    return this.#fields.get(field)?.at(-1);
  }

  #bytes(field: number): readonly Uint8Array[] {
    return (this.#fields.get(field) ?? []).filter((value) => typeof value !== "bigint");
  }

  bytes(field: number): Uint8Array {
    const value = this.#last(field);
    return typeof value === "object" ? value : new Uint8Array();
  }

  /** The bytes of a string, one character each. */
  text(field: number): ByteString {
    return byteString(this.bytes(field));
  }

  texts(field: number): readonly ByteString[] {
    return this.#bytes(field).map(byteString);
  }

  /** int64. */
  int64(field: number): bigint {
    const value = this.#last(field);
    return typeof value === "bigint" ? BigInt.asIntN(64, value) : 0n;
  }

  /** int32, uint32 or an enumeration. */
  number(field: number): number {
    return Number(this.int64(field));
  }

  flag(field: number): boolean {
    return this.int64(field) !== 0n;
  }

  /** @throws WireError */
  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  /** @throws WireError */
  messages(field: number): readonly Message[] {
    return this.#bytes(field).map((bytes) => new Message(bytes));
  }

  /** A map of strings, in the order it was sent. @throws WireError */
  map(field: number): readonly (readonly [key: ByteString, value: ByteString])[] {
    return this.messages(field).map((entry) => [entry.text(1), entry.text(2)]);
  }
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function byteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function varint(cursor: Cursor): bigint {
  let value = 0n;
  for (let count = 0; count < MAX_VARINT; count++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new WireError("a message ends within a number");
    value |= BigInt(byte & 0x7f) << BigInt(7 * count);
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw new WireError("a number has more than 64 bits");
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new WireError("a message ends within a field");
  const part = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return part;
}

function read(cursor: Cursor, wireType: number): Value {
  switch (wireType) {
    case 0:
      return varint(cursor);
    case 1:
      return take(cursor, 8);
    case 2:
      return take(cursor, Number(varint(cursor)));
    case 5:
      return take(cursor, 4);
    default:
      throw new WireError(`a field has wire type ${wireType}, which is none`);
  }
}

/** What a field may be set to: text (a ByteString), a number that is not negative, a truth, or a message. */
export type Field = readonly [field: number, value: ByteString | number | boolean | Uint8Array];

/** One message. Defaults are left out, but for messages: an empty one is there. */
export function message(...fields: readonly Field[]): Uint8Array {
  const parts: number[] = [];
  for (const [field, value] of fields) {
    if (typeof value === "object" || typeof value === "string") {
      if (value === "") continue;
      const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : value;
      put(parts, field * 8 + 2);
      put(parts, bytes.length);
      for (const byte of bytes) parts.push(byte);
    } else if (Number(value) !== 0) {
      put(parts, field * 8);
      put(parts, Number(value));
    }
  }
  return Uint8Array.from(parts);
}

function put(parts: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    parts.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  parts.push(rest);
}
