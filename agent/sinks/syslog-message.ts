/** One message of syslog, as a local daemon and as a remote one want it. */
import type { Alert } from "../engine/alert.ts";

/** What is said; severity has syslog's numbers, which are Falco's priorities. */
export interface SyslogEntry {
  readonly severity: Alert["priority"];
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly hostname: string;
  readonly text: string;
}

/** The program's name in every message. */
const ident = "tiercel";

/** LOG_USER (syslog(3)). */
const facility = 1;

/** Bytes of one message; longer ones end in an ellipsis. Most daemons cut at 8 KiB or more on their own. */
export const maximumMessage = 32_768;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** As glibc's syslog(3) writes to /dev/log: `<PRI>Mmm dd hh:mm:ss tiercel: text`, local time. */
export function localMessage({ severity, time, text }: SyslogEntry): Buffer {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const day = String(date.getDate()).padStart(2, " ");
  return cut(
    `<${facility * 8 + severity}>${months[date.getMonth()]} ${day} ${clock} ${ident}: ${oneLine(text)}`,
  );
}

/** RFC 5424: `<PRI>1 TIME HOST tiercel PID - - text`. */
export function remoteMessage({ severity, time, hostname, text }: SyslogEntry, pid: number): Buffer {
  const host = hostname.replace(/[^\x21-\x7e]/g, "").slice(0, 255);
  const head = `<${facility * 8 + severity}>1 ${new Date(time).toISOString()} ${host === "" ? "-" : host}`;
  return cut(`${head} ${ident} ${pid} - - ${oneLine(text)}`);
}

/** Newlines and other control characters would end or hide a message. */
function oneLine(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function cut(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= maximumMessage) return bytes;
  let end = maximumMessage - 3;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from("…")]);
}
