/** The operators of the language as facts: how they are spelt and what they can be used on (condition-language 1, 4). */
import type { FieldType } from "../catalogue.ts";
import type { Modifier, Operator, TransformerName } from "./ast.ts";

/** How values of a type are compared; "none": only `exists`. */
export type ComparisonClass = "number" | "bool" | "string" | "bytes" | "address" | "network" | "none";

/** Where an operator takes its right side from. */
export type OperatorForm = "unary" | "number" | "string" | "list";

interface OperatorFacts {
  readonly form: OperatorForm;
  /** A word, after which the grammar wants a blank. */
  readonly word?: boolean;
  readonly on: readonly Exclude<ComparisonClass, "none">[];
  /** Also on fields whose value is a list. */
  readonly lists?: boolean;
}

const all = ["number", "bool", "string", "bytes", "address", "network"] as const;

/** Every operator, in the order in which Falco's messages list them; within a form this is the order of trial. */
export const operatorFacts: Readonly<Record<Operator, OperatorFacts>> = {
  exists: { form: "unary", on: all, lists: true },
  "<=": { form: "number", on: ["number", "string"] },
  "<": { form: "number", on: ["number", "string"] },
  ">=": { form: "number", on: ["number", "string"] },
  ">": { form: "number", on: ["number", "string"] },
  "==": { form: "string", on: all },
  "=": { form: "string", on: all },
  "!=": { form: "string", on: all },
  glob: { form: "string", word: true, on: ["string"] },
  iglob: { form: "string", word: true, on: ["string"] },
  contains: { form: "string", word: true, on: ["string", "bytes"] },
  icontains: { form: "string", word: true, on: ["string"] },
  bcontains: { form: "string", word: true, on: ["bytes"] },
  startswith: { form: "string", word: true, on: ["string", "bytes"] },
  bstartswith: { form: "string", word: true, on: ["bytes"] },
  endswith: { form: "string", word: true, on: ["string", "bytes"] },
  regex: { form: "string", word: true, on: ["string"] },
  intersects: { form: "list", on: all, lists: true },
  in: { form: "list", on: all, lists: true },
  pmatch: { form: "list", on: ["string"] },
};

/** All operators, in the order of operatorFacts. */
export const operators = Object.keys(operatorFacts) as readonly Operator[];

/** Words that may stand between a string operator and a list. */
export const modifiers: readonly Modifier[] = ["oneof", "anyof", "allof"];

/** What may wrap a field, `val` (right side only) first. */
export const transformerNames: readonly TransformerName[] = [
  "val",
  "tolower",
  "toupper",
  "b64",
  "basename",
  "len",
  "join",
  "concat",
  "getopt",
];

interface TypeFacts {
  readonly comparison: ComparisonClass;
  /** Width of a number; signed or not. */
  readonly bits?: number;
  readonly signed?: boolean;
  /** Fields whose value is a list of this type can be compared. */
  readonly lists?: boolean;
}

const unsigned = (bits: number): TypeFacts => ({ comparison: "number", bits, signed: false });
const signed = (bits: number): TypeFacts => ({ comparison: "number", bits, signed: true });
const none: TypeFacts = { comparison: "none" };

/** How each type compares, and how wide its numbers are (condition-language 3). */
export const typeFacts: Readonly<Record<FieldType, TypeFacts>> = {
  CHARBUF: { comparison: "string", lists: true },
  FSPATH: { comparison: "string" },
  FSRELPATH: { comparison: "string" },
  BYTEBUF: { comparison: "bytes" },
  INT8: signed(8),
  INT16: signed(16),
  INT32: signed(32),
  INT64: signed(64),
  UINT8: unsigned(8),
  UINT16: unsigned(16),
  UINT32: unsigned(32),
  UINT64: { ...unsigned(64), lists: true },
  FLAGS8: unsigned(8),
  FLAGS16: unsigned(16),
  FLAGS32: unsigned(32),
  ENUMFLAGS8: unsigned(8),
  ENUMFLAGS16: unsigned(16),
  ENUMFLAGS32: unsigned(32),
  MODE: unsigned(32),
  PID: signed(64),
  FD: signed(64),
  ERRNO: signed(64),
  PORT: unsigned(16),
  SIGTYPE: unsigned(8),
  SYSCALLID: unsigned(16),
  RELTIME: { ...unsigned(64), lists: true },
  ABSTIME: { ...unsigned(64), lists: true },
  DOUBLE: { comparison: "number" },
  BOOL: { comparison: "bool", lists: true },
  IPADDR: { comparison: "address", lists: true },
  IPNET: { comparison: "network", lists: true },
  UID: none,
  GID: none,
  SIGSET: none,
  L4PROTO: none,
  SOCKADDR: none,
  SOCKTUPLE: none,
  FDLIST: none,
  CHARBUFARRAY: none,
  DYN: none,
};
