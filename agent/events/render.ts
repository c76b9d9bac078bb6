/** Parameters as texts (events.md 3): the raw form, and the resolved one that names what a number stands for. */
import { errorName, signalName } from "./errors.ts";
import type { Parameter, ParameterValue } from "./parameters.ts";
import { enumNames, flagNames } from "./translate.ts";

/** Names for numbers, given by who knows the node. Undefined: not known. */
export interface Names {
  /** `<f>/etc/passwd` for a descriptor of the event. */
  descriptor(fd: number): string | undefined;
  /** Name of a process or thread. */
  process(pid: number): string | undefined;
  user(uid: number): string;
  group(gid: number): string;
  /** The parameter's path made absolute. */
  path(parameter: Parameter, text: string): string | undefined;
  /** Local date and time of ns since the epoch. */
  time(time: bigint): string;
}

const AT_FDCWD = -100;
const unset = 0xffffffff;

const widths: Readonly<Record<string, number>> = {
  INT8: 8,
  UINT8: 8,
  INT16: 16,
  UINT16: 16,
  INT32: 32,
  UINT32: 32,
  FLAGS8: 8,
  FLAGS16: 16,
  FLAGS32: 32,
  UID: 32,
  GID: 32,
};

/** What stands for a value that is NULL or unknown: a text of its own, not a missing value. */
function absent(type: string): string {
  switch (type) {
    case "BYTEBUF":
    case "SOCKTUPLE":
    case "FDLIST":
    case "DYN":
    case "CHARBUFARRAY":
      return "NULL";
    default:
      return "<NA>";
  }
}

/** Bytes with a point for each that is not printable ASCII. */
export function printable(bytes: string): string {
  return bytes.replace(/[^\x20-\x7e]/g, ".");
}

/** The raw form of a value. */
export function rawText(
  { type, format }: Parameter,
  value: ParameterValue,
  names: Pick<Names, "time">,
): string {
  if (value === undefined) return absent(type);
  if (typeof value === "string") return type === "BYTEBUF" ? printable(value) : value;
  switch (type) {
    case "MODE":
      return value.toString(8);
    case "ABSTIME":
      return names.time(BigInt(value));
    case "BOOL":
      return value === 0 ? "false" : "true";
    case "FLAGS8":
    case "FLAGS16":
    case "FLAGS32":
    case "ENUMFLAGS8":
    case "ENUMFLAGS16":
    case "ENUMFLAGS32":
      return value.toString();
    default:
      break;
  }
  if (format === "dec") return BigInt.asIntN(widths[type] ?? 64, BigInt(value)).toString();
  const unsigned = BigInt.asUintN(widths[type] ?? 64, BigInt(value));
  return format === "hex" ? unsigned.toString(16).toUpperCase() : unsigned.toString(8);
}

/** The resolved form; undefined where there is none. */
export function resolvedText(parameter: Parameter, value: ParameterValue, names: Names): string | undefined {
  const { type, set } = parameter;
  if (value === undefined) return undefined;
  if (typeof value === "string") {
    if (type !== "FSPATH" && type !== "FSRELPATH") return undefined;
    return value.startsWith("/") ? undefined : names.path(parameter, value);
  }
  const number = Number(value);
  switch (type) {
    case "ERRNO":
      return number < 0 ? errorName(-number) : undefined;
    case "FD":
      if (number === AT_FDCWD && parameter.position > 0) return "AT_FDCWD";
      return number < 0 ? errorName(-number) : names.descriptor(number);
    case "PID":
      return number < 0 ? errorName(-number) : names.process(number);
    case "UID":
      return number === unset ? "<NONE>" : names.user(number);
    case "GID":
      return number === unset ? "<NONE>" : names.group(number);
    case "SIGTYPE":
      return signalName(number);
    case "RELTIME":
      return number === -1 ? "none" : `${number / 1e9}s`;
    case "ENUMFLAGS8":
    case "ENUMFLAGS16":
    case "ENUMFLAGS32":
      return set === undefined ? undefined : enumNames(set, number) || undefined;
    case "FLAGS8":
    case "FLAGS16":
    case "FLAGS32":
    case "MODE":
      return set === undefined ? undefined : flagNames(set, number) || undefined;
    default:
      return undefined;
  }
}
