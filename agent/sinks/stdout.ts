/** Alerts on standard output. */
import type { Writable } from "node:stream";
import { DeliveryError, rejectionOf, systemError, type RenderedAlert, type Sink } from "./sink.ts";

/**
 * Writes lines to a stream that is a pipe, a socket or a terminal; the next batch is written only when the last one has
 * been read, so the stream's own buffer (which has no bound) never holds more than one. A stream that failed (its reader
 * closed it) stays failed.
 */
export function stdoutSink(stream: Writable): Sink {
  let broken: string | undefined;
  const onError = (error: Error) => {
    broken ??= systemError(error);
  };
  stream.on("error", onError);
  return {
    name: "stdout_output",
    batch: 100,
    async send(batch, signal) {
      if (broken !== undefined) throw new DeliveryError("permanent", broken);
      const abort = rejectionOf(signal);
      try {
        await Promise.race([write(stream, batch), abort.promise]);
      } finally {
        abort.dispose();
      }
    },
    async close() {
      stream.off("error", onError);
      stream.on("error", () => {});
    },
  };
}

function write(stream: Writable, batch: readonly RenderedAlert[]): Promise<void> {
  const text = batch.map(({ line }) => `${line}\n`).join("");
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new DeliveryError("permanent", systemError(error)));
    });
  });
}
