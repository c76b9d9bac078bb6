/** Times as alerts print them. All take ns since the epoch and keep every digit. */

const MILLION = 1_000_000n;
const BILLION = 1_000_000_000n;

const nanoseconds = (time: bigint) => String(time % BILLION).padStart(9, "0");
const date = (time: bigint) => new Date(Number(time / MILLION));
const two = (value: number) => String(value).padStart(2, "0");

/** `HH:MM:SS.nnnnnnnnn` in the time zone of the process. */
export function localTime(time: bigint): string {
  const at = date(time);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${nanoseconds(time)}`;
}

/** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn` and `zone`: alerts' text says +0000, their JSON Z. */
export function utcTime(time: bigint, zone: "+0000" | "Z"): string {
  return `${date(time).toISOString().slice(0, 19)}.${nanoseconds(time)}${zone}`;
}
