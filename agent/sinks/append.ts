/** Appending lines to a descriptor so that it is known which were written whole. */
import { write } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { DeliveryError, rejectionOf, systemError } from "./sink.ts";

/** How long to wait before a full pipe is tried again, in milliseconds. */
const pipePause = 20;

/** Whether the last write ended within a line; kept by the caller for as long as it is the same file. */
export interface LineState {
  torn: boolean;
}

/**
 * Writes lines, each with its newline. After a write that ended within a line the next one begins with a newline, so
 * that only the torn line is spoilt.
 * @throws DeliveryError with the number of lines that are there whole; timeout when `signal` is aborted while a pipe is
 * full.
 */
export async function appendLines(
  descriptor: number,
  lines: readonly string[],
  state: LineState,
  signal: AbortSignal,
): Promise<void> {
  const parts = lines.map((line) => Buffer.from(`${line}\n`));
  const mend = state.torn ? 1 : 0;
  const bytes = Buffer.concat([Buffer.from(mend === 1 ? "\n" : ""), ...parts]);
  let written = 0;
  const fail = (fault: "passing" | "timeout", message: string): never => {
    const { whole, inside } = linesWithin(parts, written - mend);
    state.torn = inside || (state.torn && written === 0);
    throw new DeliveryError(fault, message, { delivered: whole });
  };
  while (written < bytes.length) {
    const result = await writeOnce(descriptor, bytes, written);
    if (typeof result === "number") written += result;
    else if (result.code !== "EAGAIN") fail("passing", systemError(result));
    else if (signal.aborted) fail("timeout", "nobody reads from it");
    else await pause(signal);
  }
  state.torn = false;
}

/** How many of the parts lie within the first `length` bytes, and whether these end inside one. */
function linesWithin(parts: readonly Buffer[], length: number): { whole: number; inside: boolean } {
  let left = length;
  for (const [whole, { length: size }] of parts.entries()) {
    if (left < size) return { whole, inside: left > 0 };
    left -= size;
  }
  return { whole: parts.length, inside: false };
}

function writeOnce(descriptor: number, bytes: Buffer, from: number): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    write(descriptor, bytes, from, bytes.length - from, null, (error, count) => resolve(error ?? count));
  });
}

async function pause(signal: AbortSignal): Promise<void> {
  const abort = rejectionOf(signal);
  await Promise.race([delay(pipePause), abort.promise.catch(() => {})]);
  abort.dispose();
}
