/** Times as Kubernetes writes them. */

// prettier-ignore
const shape = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\d*(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * An RFC 3339 time as ns since the epoch, exact; digits beyond the ninth of a second are cut off. Undefined for what is
 * none, and for times before 1970.
 */
export function timeOf(text: string): bigint | undefined {
  const found = shape.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const [, , , , , , , fraction = "", sign, zoneHour = "0", zoneMinute = "0"] = found;
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
  if (year! < 1970 || hour! > 23 || minute! > 59 || second! > 60) return undefined;
  // Date.UTC takes a day that the month has not for one of the next month.
  const midnight = new Date(Date.UTC(year!, month! - 1, day));
  if (midnight.getUTCMonth() !== month! - 1 || midnight.getUTCDate() !== day) return undefined;
  const milliseconds = Date.UTC(year!, month! - 1, day, hour, minute! - zone, second);
  if (milliseconds < 0) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
