/** Builds a record's bytes from plain facts: for fixtures and tests. The kernel side writes the same layout. */
import {
  DATA_AT,
  HEADER,
  PART_MISSING,
  PARTS_AT,
  PART_SLOTS,
  RECORD_MAX,
  exeFact,
  fileFact,
  headerFields,
  offsets,
  parts,
  socketFact,
  streamFact,
  taskFact,
  type HeaderField,
} from "./record.ts";
import { RecordView } from "./record-view.ts";

type Numbers<F extends readonly (readonly [string, number, string])[]> = {
  readonly [K in F[number][0]]?: number | bigint;
};
export type FileFacts = Numbers<typeof fileFact>;
/** Addresses are byte strings of up to 16 bytes. */
export type SocketFacts = Omit<Numbers<typeof socketFact>, "local_address" | "remote_address"> & {
  readonly local_address?: string;
  readonly remote_address?: string;
};
export type ExeFacts = Numbers<typeof exeFact>;

export type TaskFacts = Numbers<typeof taskFact>;
export type StreamFacts = Omit<
  Numbers<typeof streamFact>,
  "local_address" | "remote_address" | "path_at" | "path_length"
> & {
  readonly local_address?: string;
  readonly remote_address?: string;
  readonly path?: string;
};

/** A part's content: a number is 8 bytes, a byte string its bytes, null a NULL pointer. */
export type PartContent = number | bigint | string | null;

/** A record as facts. Header fields that are left out are 0; `comm` is a byte string. */
export interface RecordFacts {
  readonly type: number;
  readonly header?: {
    readonly [K in Exclude<HeaderField, "length" | "type" | "part_count" | "comm">]?: number | bigint;
  } & { readonly comm?: string };
  /** Parts by index, the event's own and byte parts of the facts. */
  readonly parts?: ReadonlyMap<number, PartContent>;
  readonly file?: FileFacts;
  readonly socket?: SocketFacts;
  readonly exe?: ExeFacts;
  readonly task?: TaskFacts;
  /** Of descriptors 0, 1 and 2. */
  readonly streams?: readonly [StreamFacts, StreamFacts, StreamFacts];
}

const STREAM = offsets(streamFact);

type Fields = readonly (readonly [string, number, string])[];
type Facts = Readonly<Record<string, number | bigint | string | undefined>>;

function writeNumber(bytes: Buffer, at: number, size: number, value: number | bigint): void {
  const all = BigInt.asUintN(size * 8, BigInt(value));
  for (let i = 0; i < size; i++) bytes[at + i] = Number((all >> BigInt(8 * i)) & 255n);
}

function structure(fields: Fields, facts: Facts): Buffer {
  const at = offsets(fields) as Record<string, number>;
  const bytes = Buffer.alloc(at["size"]!);
  for (const [name, size] of fields) {
    const value = facts[name];
    if (typeof value === "string") bytes.write(value, at[name]!, size, "latin1");
    else if (value !== undefined) writeNumber(bytes, at[name]!, size, value);
  }
  return bytes;
}

function contentOf(content: PartContent): Buffer | undefined {
  if (content === null) return undefined;
  if (typeof content === "string") return Buffer.from(content, "latin1");
  const bytes = Buffer.alloc(8);
  writeNumber(bytes, 0, 8, content);
  return bytes;
}

function allParts(facts: RecordFacts): (readonly [number, Buffer | undefined])[] {
  const all = new Map<number, Buffer | undefined>();
  for (const [index, content] of facts.parts ?? []) all.set(index, contentOf(content));
  if (facts.file !== undefined) all.set(parts.FILE, structure(fileFact, facts.file));
  if (facts.socket !== undefined) all.set(parts.SOCKET, structure(socketFact, facts.socket));
  if (facts.exe !== undefined) all.set(parts.EXE, structure(exeFact, facts.exe));
  if (facts.task !== undefined) all.set(parts.TASK, structure(taskFact, facts.task));
  if (facts.streams !== undefined)
    all.set(parts.STREAMS, Buffer.concat(facts.streams.map((stream) => structure(streamFact, stream))));
  return [...all].sort(([a], [b]) => a - b);
}

/** Puts the paths of streams behind all parts, from `end` on; returns the new end. */
function putStreamPaths(bytes: Buffer, streams: readonly StreamFacts[], end: number): number {
  const first = bytes.readUInt16LE(PARTS_AT + parts.STREAMS * 4);
  streams.forEach(({ path }, i) => {
    if (path === undefined) return;
    const fact = first + i * STREAM.size;
    bytes.writeUInt16LE(end, fact + STREAM.path_at);
    bytes.writeUInt16LE(path.length, fact + STREAM.path_length);
    end += bytes.write(path, end, "latin1");
  });
  return end;
}

/**
 * The bytes of a record.
 * @throws RangeError where it would be longer than a record may be, or a part has no slot.
 */
export function encodeRecord(facts: RecordFacts): Buffer {
  const bytes = Buffer.alloc(RECORD_MAX);
  let end = DATA_AT;
  let count = 0;
  for (const [index, content] of allParts(facts)) {
    if (index < 0 || index >= PART_SLOTS) throw new RangeError(`there is no part ${index}`);
    count = index + 1;
    const size = content?.length ?? 0;
    if (end + size > RECORD_MAX) throw new RangeError(`a record has at most ${RECORD_MAX} bytes`);
    bytes.writeUInt16LE(end, PARTS_AT + index * 4);
    bytes.writeUInt16LE(content === undefined ? PART_MISSING : size, PARTS_AT + index * 4 + 2);
    content?.copy(bytes, end);
    end += size;
  }
  if (facts.streams !== undefined) end = putStreamPaths(bytes, facts.streams, end);
  for (const [name, size] of headerFields) {
    if (name === "comm") bytes.write((facts.header?.comm ?? "").slice(0, size - 1), HEADER.comm, "latin1");
    else if (name === "length" || name === "type" || name === "part_count") continue;
    else writeNumber(bytes, HEADER[name], size, facts.header?.[name] ?? 0);
  }
  bytes.writeUInt32LE(end, HEADER.length);
  bytes.writeUInt16LE(facts.type, HEADER.type);
  bytes.writeUInt16LE(count, HEADER.part_count);
  return bytes.subarray(0, end);
}

/** A view over an encoded record. */
export function viewOf(bytes: Buffer): RecordView {
  const view = new RecordView();
  view.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  return view;
}
