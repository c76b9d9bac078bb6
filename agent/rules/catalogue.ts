/**
 * What the language needs to know about the world: fields, events, sources, plugins. Handed in, so that the
 * language stays free of I/O and of any particular source. `agent/fields` builds the real one.
 */

/**
 * A string of bytes, one character (U+0000 to U+00FF) a byte, as `Buffer.toString("latin1")` gives it.
 *
 * Every text a field yields and every constant of a compiled condition is one, so that comparisons are
 * byte-wise, lengths are bytes, and bytes that are no UTF-8 survive. Decoded only where printed.
 */
export type ByteString = string;

/** 64-bit numbers are `number` where they are safe integers, else `bigint`: so `===` and Set work on them. */
export type Scalar = ByteString | number | bigint | boolean;

/** A field's value in one event; undefined is "missing" (condition-language 4.1). */
export type Value = Scalar | readonly Scalar[] | undefined;

/** Parameter types under Falco's names (without PT_). IPADDR and IPNET values are byte strings of 4 or 16 bytes. */
export type FieldType =
  | "CHARBUF"
  | "FSPATH"
  | "FSRELPATH"
  | "BYTEBUF"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "FLAGS8"
  | "FLAGS16"
  | "FLAGS32"
  | "ENUMFLAGS8"
  | "ENUMFLAGS16"
  | "ENUMFLAGS32"
  | "MODE"
  | "PID"
  | "FD"
  | "ERRNO"
  | "UID"
  | "GID"
  | "PORT"
  | "SIGTYPE"
  | "SIGSET"
  | "SYSCALLID"
  | "L4PROTO"
  | "BOOL"
  | "DOUBLE"
  | "RELTIME"
  | "ABSTIME"
  | "IPADDR"
  | "IPNET"
  | "SOCKADDR"
  | "SOCKTUPLE"
  | "FDLIST"
  | "CHARBUFARRAY"
  | "DYN";

/** How a condition compares a field that stands for several values at once (condition-language 6). */
export type Quantifier =
  /** One value, or a list under `in` and `intersects`. */
  | "none"
  /** Some of the values satisfies the operator, for `!=` too: proc.aname and its like. */
  | "any"
  /** As any, but `!=` means that every value differs: fd.ip, fd.port, fd.net, fd.proto. */
  | "either";

/** One field of a source, as facts. */
export interface FieldInfo {
  readonly name: string;
  readonly type: FieldType;
  readonly list: boolean;
  readonly argument: "none" | "optional" | "required";
  /** index: digits in brackets; key: any text in brackets; dot: only as `.NAME`; name: `.NAME` or `[N]` (evt.arg). */
  readonly argumentKind?: "index" | "key" | "dot" | "name";
  readonly format?: "hex" | "oct" | "ns9";
  readonly help: string;
  readonly example?: string;
  readonly noTransformer?: boolean;
  readonly noRightHandSide?: boolean;
  readonly filterOnly?: boolean;
  readonly printOnly?: boolean;
  readonly hidden?: boolean;
  /** Warned about as LOAD_DEPRECATED_ITEM. */
  readonly deprecated?: boolean;
  readonly suggestedOutput?: boolean;
  /** Event names on which the field can be present; absent: any. For hints only. */
  readonly presentOn?: readonly string[];
  /** Said at load where the field is accepted but never set. */
  readonly neverSet?: string;
}

/** A field token of a condition or output, resolved. Plain data: it crosses threads inside a plan. */
export interface FieldUse {
  /** The text as written, argument included: the key in output_fields. */
  readonly text: string;
  /** Name of the FieldInfo. */
  readonly name: string;
  readonly argument?: string;
  readonly type: FieldType;
  readonly list: boolean;
  readonly quantifier: Quantifier;
  readonly format?: "hex" | "oct" | "ns9";
}

/** A token that is no field; `message` is Falco's text (condition-language 2). */
export interface FieldProblem {
  readonly message: string;
  /** What it may have meant, best first. */
  readonly suggestions: readonly string[];
}

/** The fields of one event source. */
export interface SourceCatalogue {
  readonly name: string;
  readonly fields: readonly FieldInfo[];
  /**
   * Resolves a token: `name` as lexed (dots included), `argument` the text in brackets if there were any
   * (a quoted empty argument is "", which is not the same as none).
   */
  resolve(name: string, argument?: string): FieldUse | FieldProblem;
  info(use: FieldUse): FieldInfo;
}

/** Event names as evt.type knows them; a code is a row of the event table or a generic system call. */
export interface EventCatalogue {
  /** Codes of that name, undefined where no event and no system call of any architecture has it. */
  codes(name: string): readonly number[] | undefined;
  /** Number of codes; they are 0 … size-1. */
  readonly size: number;
  name(code: number): string;
  /** False where we accept the name but do not capture the call (yet). */
  captured(code: number): boolean;
  /** All names, for "did you mean". */
  readonly names: readonly string[];
}

/** Everything the compiler asks. */
export interface Catalogue {
  readonly engineVersion: readonly [number, number, number];
  /** Plugins that count as loaded, with their versions (x.y.z). */
  readonly plugins: ReadonlyMap<string, string>;
  readonly sources: ReadonlyMap<string, SourceCatalogue>;
  readonly events: EventCatalogue;
  /** Port number of a service name (getservbyname), undefined if unknown. */
  servicePort(name: string): number | undefined;
}

/** Reads one resolved field from events of type E: bound once at load, called per event, never throws. */
export type FieldReader<E> = (event: E) => Value;

/** Gives the reader of a field; `exists` differs from "a value is there" for a few fields (fd.ip on a file). */
export interface FieldReaders<E> {
  reader(use: FieldUse): FieldReader<E>;
  exists(use: FieldUse): (event: E) => boolean;
}
