/** A recording as what it holds: facts first, then records and what the capture thread was told, in their order. */
import { RecordError, RecordView } from "../../events/record-view.ts";
import { ITEM, blockKinds, itemKinds, itemSize, type Lost } from "./format.ts";
import {
  RecordingError,
  checkFileHead,
  openRecording,
  readBlocks,
  type Block,
  type Broken,
  type RecordingBytes,
} from "./read-blocks.ts";
import { TypedJsonError, fromTypedJson } from "./typed-json.ts";

/** One item. What is `unknown` is judged by who takes it in. */
export type RecordingItem =
  /** The view is only valid until the next item is asked for. */
  | { readonly kind: "record"; readonly record: RecordView }
  | { readonly kind: "input"; readonly input: unknown }
  | { readonly kind: "counters"; readonly counters: unknown }
  | { readonly kind: "lost"; readonly lost: Lost }
  /** From here on rules were in force. */
  | { readonly kind: "rules" }
  /** A record or text that contradicts itself, though its checksum is right. */
  | { readonly kind: "malformed"; readonly reason: string };

/** How a recording ends: with what was written last (`end`, typed JSON), or where and why it cannot be read on. */
export interface RecordingEnd {
  readonly broken: Broken | undefined;
  /** Undefined where the recording has no end: whoever wrote it was cut off. */
  readonly end: unknown;
}

/** A recording that is open; `close` it. */
export class Recording {
  /** Facts, typed JSON; judged by who takes them in. */
  readonly facts: unknown;
  readonly size: number;
  private readonly bytes: RecordingBytes;
  private readonly blocks: Generator<Block, Broken | undefined>;
  private readonly record = new RecordView();

  private constructor(bytes: RecordingBytes, name: string) {
    checkFileHead(bytes, name);
    this.bytes = bytes;
    this.size = bytes.size;
    this.blocks = readBlocks(bytes);
    const first = this.blocks.next();
    if (first.done === true)
      throw new RecordingError(
        first.value === undefined
          ? `${name} holds nothing: it ends behind its first bytes`
          : `${name} is ${first.value.kind} at offset ${first.value.offset}: ${first.value.reason}`,
      );
    if (first.value.kind !== blockKinds.FACTS)
      throw new RecordingError(`${name} does not begin with the facts of its machine`);
    try {
      this.facts = fromTypedJson(first.value.payload.toString());
    } catch (error) {
      if (!(error instanceof TypedJsonError)) throw error;
      throw new RecordingError(`${name}: the facts of its machine cannot be read: ${error.message}`);
    }
  }

  /** @throws RecordingError where the file is no recording, or its facts cannot be read. */
  static open(path: string): Recording {
    const bytes = openRecording(path);
    try {
      return new Recording(bytes, path);
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  close(): void {
    this.bytes.close();
  }

  /** All items in order, once. Returns how it ended. @throws RecordingError as readBlocks does. */
  *items(): Generator<RecordingItem, RecordingEnd> {
    for (;;) {
      const next = this.blocks.next();
      if (next.done === true) return { broken: next.value, end: undefined };
      const { kind, payload, offset } = next.value;
      if (kind === blockKinds.END) return this.last(payload, offset);
      if (kind !== blockKinds.STREAM) continue;
      const wrong = yield* this.itemsOf(payload);
      if (wrong !== undefined) return { broken: { kind: "damaged", offset, reason: wrong }, end: undefined };
    }
  }

  private last(payload: Buffer, offset: number): RecordingEnd {
    try {
      return { broken: undefined, end: fromTypedJson(payload.toString()) };
    } catch (error) {
      if (!(error instanceof TypedJsonError)) throw error;
      return { broken: { kind: "damaged", offset, reason: error.message }, end: undefined };
    }
  }

  /** The items of one block. Returns what is wrong with it. */
  private *itemsOf(payload: Buffer): Generator<RecordingItem, string | undefined> {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    for (let at = 0; at < payload.length;) {
      if (at + ITEM.size > payload.length) return "an item's head is cut off";
      const length = payload.readUInt32LE(at + ITEM.length);
      const kind = payload.readUInt16LE(at + ITEM.kind);
      if (at + ITEM.size + length > payload.length) return "an item ends outside its block";
      const found = this.itemOf(kind, payload, view, at + ITEM.size, length);
      if (found !== undefined) yield found;
      at += itemSize(length);
    }
    return undefined;
  }

  /** Undefined for a kind that a newer version added. */
  private itemOf(
    kind: number,
    payload: Buffer,
    view: DataView,
    at: number,
    length: number,
  ): RecordingItem | undefined {
    try {
      if (kind === itemKinds.RECORD) {
        this.record.attach(payload, view, at, length);
        return { kind: "record", record: this.record };
      }
      const text = () => fromTypedJson(payload.toString("utf8", at, at + length));
      if (kind === itemKinds.INPUT) return { kind: "input", input: text() };
      if (kind === itemKinds.COUNTERS) return { kind: "counters", counters: text() };
      if (kind === itemKinds.LOST) return { kind: "lost", lost: lostOf(text()) };
      if (kind === itemKinds.RULES) return { kind: "rules" };
      return undefined;
    } catch (error) {
      if (!(error instanceof RecordError || error instanceof TypedJsonError)) throw error;
      return { kind: "malformed", reason: error.message };
    }
  }
}

function lostOf(value: unknown): Lost {
  const { records, inputs } = (value ?? {}) as Partial<Record<keyof Lost, unknown>>;
  const count = (each: unknown) => (typeof each === "number" && each >= 0 ? each : 0);
  return { records: count(records), inputs: count(inputs) };
}
