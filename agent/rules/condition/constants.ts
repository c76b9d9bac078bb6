/** Constants of a condition: their text → the representation of the field they are compared with (3.2, 3.3). */
import type { ByteString, Catalogue, FieldType, Scalar } from "../catalogue.ts";
import { parseAddress, parseNetwork } from "./addresses.ts";
import type { Operator } from "./ast.ts";
import { typeFacts } from "./operators.ts";
import { fromBytes } from "./text.ts";
import type { Network } from "./typed.ts";

/** Falco keeps 256 bytes for a constant, one of them its end. */
const maxBytes = 255;

export interface ConstantProblem {
  readonly problem: string;
  readonly hint?: string | undefined;
}

export type ConstantResult = { readonly value: Scalar | Network } | ConstantProblem;

/** The constant `text` for a comparison of type `type` by `operator`, or what is wrong with it. */
export function parseConstant(
  text: ByteString,
  type: FieldType,
  operator: Operator,
  catalogue: Pick<Catalogue, "servicePort">,
): ConstantResult {
  switch (typeFacts[type].comparison) {
    case "string":
      return parseText(text);
    case "bytes":
      return operator === "bcontains" || operator === "bstartswith" ? parseHex(text) : parseText(text);
    case "number":
      return parseNumber(text, type, catalogue);
    case "bool":
      return text === "true" || text === "false"
        ? { value: text === "true" }
        : {
            problem: `filter error: unrecognized boolean value ${fromBytes(text)}`,
            hint: "write true or false",
          };
    case "address": {
      const value = parseAddress(text);
      if (value !== undefined) return { value };
      const family = text.includes(".") ? "IPv4" : "IPv6";
      const hint = text.includes("/")
        ? "an address has no mask: compare a …net field instead"
        : listHint(text);
      return { problem: `unrecognized ${family} address ${fromBytes(text)}`, hint };
    }
    case "network": {
      const value = parseNetwork(text);
      if (!("problem" in value)) return { value };
      const problem = fromBytes(value.problem);
      return {
        problem,
        hint: text.includes("/")
          ? undefined
          : (listHint(text) ?? "a network is written with its mask: 10.0.0.0/8"),
      };
    }
    case "none":
      return { problem: `values of type '${type}' cannot be compared` };
  }
}

/** Where a name of a list was meant and none is known, the text is taken as a value. */
function listHint(text: ByteString): string | undefined {
  return /^[a-zA-Z][a-zA-Z0-9_-]*$/.test(text) ? `no list named '${text}' is known here` : undefined;
}

function parseText(text: ByteString): ConstantResult {
  if (text.length > maxBytes)
    return {
      problem: `filter parameter too long (used=${text.length + 1}, available=${maxBytes + 1}):${fromBytes(text)}`,
      hint: `a value has at most ${maxBytes} bytes`,
    };
  if (text.includes("\0")) return { problem: "filter error: a value cannot contain a NUL byte" };
  return { value: text };
}

function parseHex(text: ByteString): ConstantResult {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text))
    return {
      problem: "filter error: bcontains and bstartswith operator support hex strings only",
      hint: "write an even number of hex digits, such as CAFE",
    };
  return parseBytes(Buffer.from(text, "hex").toString("latin1"), text);
}

function parseBytes(bytes: ByteString, text: ByteString): ConstantResult {
  const tooLong = parseText(text);
  return "problem" in tooLong ? tooLong : { value: bytes };
}

function parseNumber(
  text: ByteString,
  type: FieldType,
  catalogue: Pick<Catalogue, "servicePort">,
): ConstantResult {
  if (type === "PORT" && !/^\d+$/.test(text)) {
    const port = text === "" ? 0 : catalogue.servicePort(fromBytes(text));
    return port !== undefined
      ? { value: port }
      : { problem: `unrecognized protocol ${fromBytes(text)}`, hint: listHint(text) };
  }
  if (!/^[+-]?\d+$/.test(text))
    return { problem: `${fromBytes(text)} is not a valid number`, hint: numberHint(text) };
  if (type === "DOUBLE") return { value: Number(text) };
  const { bits = 64, signed = false } = typeFacts[type];
  return { value: canonical(wrapped(BigInt(text.replace(/^\+/, "")), bits, signed)) };
}

function numberHint(text: ByteString): string | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return `write it in decimal: ${BigInt(text)}`;
  if (/^\d+(ns|us|ms|s|m|h)$/.test(text)) return "durations are in nanoseconds, without a unit";
  return listHint(text);
}

/** As sscanf stores it: 64-bit values stay at the end of their range, narrower ones lose their upper bits. */
function wrapped(value: bigint, bits: number, signed: boolean): bigint {
  const [min, max] = signed ? [-(1n << 63n), (1n << 63n) - 1n] : [-((1n << 64n) - 1n), (1n << 64n) - 1n];
  const held = value < min ? min : value > max ? max : value;
  return signed ? BigInt.asIntN(bits, held) : BigInt.asUintN(bits, held);
}

/** A number where it is exact, else a bigint: the form in which `===` compares (catalogue.ts Scalar). */
export function canonical(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
