/** Times as the evt.time family writes them. All take ns since the epoch. */

const second = 1_000_000_000n;

const two = (value: number) => String(value).padStart(2, "0");
const nanoseconds = (time: bigint) => String(time % second).padStart(9, "0");
const date = (time: bigint) => new Date(Number(time / 1_000_000n));

/** Local `HH:MM:SS`, with `.nnnnnnnnn` where asked. */
export function clock(time: bigint, fraction: boolean): string {
  const at = date(time);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return fraction ? `${text}.${nanoseconds(time)}` : text;
}

/** Local `YYYY-MM-DD HH:MM:SS`, with `.nnnnnnnnn` where asked. */
export function dateAndTime(time: bigint, fraction: boolean): string {
  const at = date(time);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(time, fraction)}`;
}

/** UTC `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000`. */
export function iso8601(time: bigint): string {
  return `${date(time).toISOString().slice(0, 19)}.${nanoseconds(time)}+0000`;
}

/** Local `YYYY-MM-DD HH:MM:SS.nnnnnnnnn +zzzz`: how a parameter of type ABSTIME is printed. */
export function absoluteTime(time: bigint): string {
  const minutes = -date(time).getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  const zone = `${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`;
  return `${dateAndTime(time, true)} ${sign}${zone}`;
}
