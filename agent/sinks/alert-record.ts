/** An alert as bytes of a spool, and back: JSON in which 64-bit integers are texts of digits. */
import type { Alert, OutputValue } from "../engine/alert.ts";

type Scalar = string | number | boolean | null;
type StoredValue = Scalar | { readonly integer: string } | readonly (Scalar | { readonly integer: string })[];

type Stored = Omit<Alert, "time" | "fields" | "identity" | "group" | "subject" | "sinks"> & {
  readonly time: string;
  readonly fields: readonly (readonly [string, StoredValue])[];
  readonly identity: Alert["identity"] | null;
  readonly group: Alert["group"] | null;
  readonly subject: Alert["subject"] | null;
  readonly sinks: Alert["sinks"] | null;
};

const storeScalar = (value: string | number | bigint | boolean | null) =>
  typeof value === "bigint" ? { integer: value.toString() } : value;

const storeValue = (value: OutputValue): StoredValue =>
  typeof value === "object" && value !== null ? value.map(storeScalar) : storeScalar(value);

const scalarOf = (value: Scalar | { readonly integer: string }) =>
  typeof value === "object" && value !== null ? BigInt(value.integer) : value;

function valueOf(value: StoredValue): OutputValue {
  if (typeof value !== "object" || value === null || "integer" in value) return scalarOf(value);
  return value.map((each) => scalarOf(each)!);
}

/** One record. */
export function packAlert(alert: Alert): Buffer {
  const stored: Stored = {
    ...alert,
    time: alert.time.toString(),
    fields: alert.fields.map(([key, value]) => [key, storeValue(value)] as const),
    identity: alert.identity ?? null,
    group: alert.group ?? null,
    subject: alert.subject ?? null,
    sinks: alert.sinks ?? null,
  };
  return Buffer.from(JSON.stringify(stored));
}

/** The alert of a record; undefined where another version of Tiercel wrote it in another form. */
export function unpackAlert(record: Buffer): Alert | undefined {
  try {
    const stored = JSON.parse(record.toString()) as Stored;
    const { rule, priority, source, tags, hostname, message } = stored;
    if (![rule, source, hostname, message].every((text) => typeof text === "string")) return undefined;
    if (!(priority >= 0 && priority <= 7) || !Array.isArray(tags)) return undefined;
    return {
      rule,
      priority,
      source,
      tags,
      hostname,
      message,
      time: BigInt(stored.time),
      fields: stored.fields.map(([key, value]) => [key, valueOf(value)] as const),
      identity: stored.identity ?? undefined,
      group: stored.group ?? undefined,
      subject: stored.subject ?? undefined,
      sinks: stored.sinks ?? undefined,
    };
  } catch {
    return undefined;
  }
}
