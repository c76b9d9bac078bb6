/**
 * Cuts what an API server sends into single objects while it comes in, so that a list of any length costs the memory of
 * one object: a list's items, and a watch's lines.
 */
import { ApiFault } from "./fault.ts";

/** Bytes of one object. etcd takes 1.5 MiB; JSON of it may be longer. What is larger is left out and counted. */
export const maximumObject = 8 << 20;

/** Bytes of a list outside its items: kind and metadata. */
const maximumRest = 64 << 10;

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;
const openBracket = 0x5b;
const opens = (byte: number) => byte === 0x7b || byte === openBracket;
const closes = (byte: number) => byte === 0x7d || byte === 0x5d;

/** Bytes that come in pieces, up to a bound; beyond it they are only counted. */
class Pieces {
  readonly #bound: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get length(): number {
    return this.#length;
  }

  get tooLong(): boolean {
    return this.#length > this.#bound;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    if (this.tooLong) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  /** The text, and begins anew. */
  take(): string {
    const text = Buffer.concat(this.#pieces).toString("utf8");
    this.#pieces = [];
    this.#length = 0;
    return text;
  }
}

export interface ObjectReader {
  readonly take: (object: unknown) => void;
  /** An object was longer than the bound. */
  readonly leftOut: () => void;
  readonly bound?: number;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiFault("nonsense", "what the API server sent is no JSON");
  }
}

function deliver(pieces: Pieces, { take, leftOut }: ObjectReader): void {
  const tooLong = pieces.tooLong;
  const text = pieces.take();
  if (tooLong) leftOut();
  else take(parse(text));
}

/** The items of one `…List`, each handed over when its last byte has come. */
export class ListSplitter {
  readonly #reader: ObjectReader;
  readonly #item: Pieces;
  readonly #rest = new Pieces(maximumRest);
  /** The last characters outside items: they tell which list begins. */
  #tail = "";
  #depth = 0;
  #inText = false;
  #escaped = false;
  #inItems = false;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#item = new Pieces(reader.bound ?? maximumObject);
  }

  /** @throws ApiFault (nonsense) */
  push(chunk: Buffer): void {
    // Where what is not stored yet begins.
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inText = false;
      } else if (byte === quote) this.#inText = true;
      else if (opens(byte)) {
        if (this.#depth === 1) {
          this.#outside(chunk.subarray(from, at + 1));
          from = at + 1;
          this.#inItems = byte === openBracket && /"items"\s*:\s*\[$/.test(this.#tail);
        } else if (this.#depth === 2 && this.#inItems) from = at;
        this.#depth++;
      } else if (closes(byte)) {
        this.#depth--;
        if (!this.#inItems) continue;
        if (this.#depth === 2) {
          this.#item.add(chunk.subarray(from, at + 1));
          from = at + 1;
          deliver(this.#item, this.#reader);
        } else if (this.#depth === 1) {
          this.#inItems = false;
          from = at;
        }
      }
    }
    if (!this.#inItems) this.#outside(chunk.subarray(from));
    else if (this.#depth > 2) this.#item.add(chunk.subarray(from));
  }

  #outside(piece: Buffer): void {
    this.#rest.add(piece);
    if (this.#rest.tooLong) throw new ApiFault("nonsense", "the list has too much beside its items");
    this.#tail = (this.#tail + piece.toString("latin1")).slice(-64);
  }

  /** The list without its items. @throws ApiFault (nonsense) where it did not end */
  end(): unknown {
    return parse(this.#rest.take());
  }
}

/** The lines of a watch. */
export class LineSplitter {
  readonly #reader: ObjectReader;
  readonly #line: Pieces;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#line = new Pieces(reader.bound ?? maximumObject);
  }

  /** @throws ApiFault (nonsense) */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      this.#line.add(chunk.subarray(from, at));
      from = at + 1;
      if (this.#line.length > 0) deliver(this.#line, this.#reader);
    }
    if (from < chunk.length) this.#line.add(chunk.subarray(from));
  }
}
