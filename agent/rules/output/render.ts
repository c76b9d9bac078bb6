/** Values of fields as an alert shows them, in text and in JSON (outputs.md 1.1 and 4). */
import type { FieldType, FieldUse, Scalar, Value } from "../catalogue.ts";
import { addressText } from "../condition/addresses.ts";
import { typeFacts } from "../condition/operators.ts";
import { fromBytes } from "../condition/text.ts";

/** What rendering depends on besides the value. */
export interface ValueShape {
  readonly type: FieldType;
  readonly format?: FieldUse["format"];
}

/** How an alert's JSON holds a value: 64-bit numbers stay exact, as bigint. */
export type JsonScalar = string | number | bigint | boolean;
export type JsonValue = JsonScalar | null | readonly JsonScalar[];

export interface RenderOptions {
  /** Falco's buffer_format_base64: byte strings in base64, else with a dot for what is not printable. */
  readonly base64Buffers?: boolean;
}

/** Text of a value; `<NA>` where it is missing, `(a,b)` for a list. */
export function valueText(value: Value, shape: ValueShape, options: RenderOptions = {}): string {
  if (value === undefined) return "<NA>";
  if (typeof value === "object")
    return `(${value.map((item) => scalarText(item, shape, options)).join(",")})`;
  return scalarText(value, shape, options);
}

/** JSON form of a value; null where it is missing, an array for a list. */
export function valueJson(value: Value, shape: ValueShape, options: RenderOptions = {}): JsonValue {
  if (value === undefined) return null;
  if (typeof value === "object") return value.map((item) => scalarJson(item, shape, options));
  return scalarJson(value, shape, options);
}

function scalarJson(value: Scalar, shape: ValueShape, options: RenderOptions): JsonScalar {
  if (typeof value === "boolean") return value;
  const number = typeof value !== "string" && shape.format !== "hex" && shape.format !== "oct";
  return number ? value : scalarText(value, shape, options);
}

function scalarText(value: Scalar, { type, format }: ValueShape, options: RenderOptions): string {
  if (typeof value === "string") return stringText(value, type, options);
  if (typeof value === "boolean") return String(value);
  if (format === "ns9") return String(value).padStart(9, "0");
  if (format === "hex") return unsignedBits(value, type).toString(16).toUpperCase();
  if (format === "oct") return unsignedBits(value, type).toString(8);
  if (type === "DOUBLE") return shortDouble(Number(value));
  return String(value);
}

function stringText(value: string, type: FieldType, options: RenderOptions): string {
  if (type === "IPADDR") return addressText(value) ?? "<NA>";
  if (type === "IPNET") return "<IPNET>";
  if (type !== "BYTEBUF") return fromBytes(value);
  if (options.base64Buffers) return Buffer.from(value, "latin1").toString("base64");
  return value.replace(/[^ -~]/g, ".");
}

/** A negative number as printf's %X and %o take it: the bits of its width. */
function unsignedBits(value: number | bigint, type: FieldType): bigint {
  return BigInt.asUintN(typeFacts[type].bits ?? 64, BigInt(value));
}

/** As printf's %g: six digits, an exponent where it is below -4 or above 5, no zeros at the end. */
function shortDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [mantissa = "", exponent = "0"] = value.toExponential(5).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(value.toPrecision(6)));
  const sign = power < 0 ? "-" : "+";
  return `${Number(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}
