/** The agent's own log: lines of text or JSON, escaped, and a cause that repeats said once with a count. */
import { escapeText, jsonString } from "../engine/json.ts";
import { logLevels } from "./settings/schema.ts";

export type LogLevel = (typeof logLevels)[number];

/**
 * Says something. Lines with the same `cause` are written once a minute; the next one tells how many were left out.
 * Without a cause each is written.
 */
export type Log = (level: LogLevel, message: string, cause?: string) => void;

/** One place log lines go. */
export interface LogTarget {
  /** `level` and `message` (escaped, may hold newlines) for what formats by itself; `line` ready, without newline. */
  write(line: string, level: LogLevel, message: string): void;
}

export interface LogOptions {
  /** The least urgent level that is written. */
  readonly level: LogLevel;
  /** JSON lines (in a pod), else text. */
  readonly json: boolean;
  readonly targets: readonly LogTarget[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Logger {
  readonly log: Log;
  /** Says how often each cause came since it was last written: at the end, and once a minute. */
  readonly flush: () => void;
}

/** Milliseconds in which a cause is written once. */
const window = 60_000;

/** Causes that are remembered; the oldest is forgotten (and its count said) when there are more. */
const mostCauses = 1000;

interface Repeats {
  since: number;
  count: number;
  readonly level: LogLevel;
  message: string;
}

export function createLog({ level: least, json, targets, now }: LogOptions): Logger {
  const causes = new Map<string, Repeats>();
  const write = (level: LogLevel, message: string) => {
    const time = new Date(now()).toISOString();
    const safe = message.split("\n").map(escapeControls);
    const line = json
      ? `{"time":"${time}","level":"${level}","message":${jsonString(message)}}`
      : `${time} ${level}: ${safe.join("\n    ")}`;
    for (const target of targets) target.write(line, level, safe.join("\n"));
  };
  const sayRepeats = (cause: string) => {
    const repeats = causes.get(cause);
    causes.delete(cause);
    if (repeats === undefined || repeats.count === 0) return;
    const seconds = Math.max(1, Math.round((now() - repeats.since) / 1000));
    write(repeats.level, `${repeats.message} (${repeats.count} more in ${seconds} s)`);
  };
  return {
    log(level, message, cause) {
      if (logLevels.indexOf(level) > logLevels.indexOf(least)) return;
      if (cause === undefined) return write(level, message);
      const repeats = causes.get(cause);
      if (repeats !== undefined && now() - repeats.since < window) {
        repeats.count++;
        repeats.message = message;
        return;
      }
      if (repeats !== undefined) sayRepeats(cause);
      const [oldest] = causes.keys();
      if (causes.size >= mostCauses && oldest !== undefined) sayRepeats(oldest);
      causes.set(cause, { since: now(), count: 0, level, message });
      write(level, message);
    },
    flush() {
      for (const cause of [...causes.keys()]) sayRepeats(cause);
    },
  };
}

/** Control characters as in alert text, without escaping quotes and backslashes, which cannot harm here. */
export function escapeControls(text: string): string {
  return text.replace(/[^"\\]+/g, escapeText);
}

/** The most that may wait in a stream that nobody reads, in bytes; further lines are left out. */
const mostWaiting = 1 << 20;

/** Log lines to a stream such as standard error. A reader that is gone or does not read ends nothing. */
export function streamTarget(stream: NodeJS.WritableStream & { readonly writableLength: number }): LogTarget {
  let broken = false;
  let left = 0;
  stream.on("error", () => {
    broken = true;
  });
  return {
    write(line) {
      if (broken) return;
      if (stream.writableLength > mostWaiting) {
        left++;
        return;
      }
      if (left > 0) stream.write(`(${left} lines of this log were left out: nobody read them)\n`);
      left = 0;
      stream.write(`${line}\n`);
    },
  };
}
