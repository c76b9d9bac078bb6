/** Alerts appended to a file (or into a FIFO). */
import { close, constants, open } from "node:fs";
import { appendLines, type LineState } from "./append.ts";
import { DeliveryError, systemError, type Sink } from "./sink.ts";

export interface FileOptions {
  /** file_output where absent. */
  readonly name?: string;
  /** Absolute. */
  readonly path: string;
  /** Opens it for appending in another way than by its path; gives a descriptor. */
  readonly open?: () => Promise<number>;
  /** Kept open between batches; otherwise opened for each, so that it may be rotated at any time. */
  readonly keepAlive: boolean;
}

/** O_NONBLOCK: opening a FIFO that nobody reads fails (ENXIO), and a full one is seen, instead of a thread hanging. */
const openFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A sink for one file. A full disk, a read-only folder and the like fail the batch; the next one is tried again. */
export function fileSink({ name = "file_output", path, keepAlive, open: own }: FileOptions): Sink {
  let descriptor: number | undefined;
  let reopen = false;
  const state: LineState = { torn: false };

  const shut = async () => {
    const old = descriptor;
    descriptor = undefined;
    if (old !== undefined) await new Promise<void>((resolve) => close(old, () => resolve()));
  };
  const ready = async (): Promise<number> => {
    if (reopen) {
      reopen = false;
      state.torn = false;
      await shut();
    }
    descriptor ??= await (own ?? (() => openForAppending(path)))();
    return descriptor;
  };
  return {
    name,
    batch: 100,
    async open() {
      await ready();
      if (!keepAlive) await shut();
    },
    async send(batch, signal) {
      const lines = batch.map(({ line }) => line);
      const to = await ready();
      try {
        await appendLines(to, lines, state, signal);
      } catch (error) {
        const { fault, message, delivered } = error as DeliveryError;
        if (/^(EPIPE|EBADF|EIO|ESTALE)/.test(message)) await shut();
        throw new DeliveryError(fault, `${path}: ${message}`, { delivered });
      } finally {
        if (!keepAlive) await shut();
      }
    },
    reopen() {
      reopen = true;
    },
    close: shut,
  };
}

/** Standard output that is a regular file: the same care as for a file, and its descriptor stays open. */
export function descriptorSink(name: string, descriptor: number): Sink {
  const state: LineState = { torn: false };
  return {
    name,
    batch: 100,
    send: (batch, signal) =>
      appendLines(
        descriptor,
        batch.map(({ line }) => line),
        state,
        signal,
      ),
    close: async () => {},
  };
}

function openForAppending(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, openFlags, 0o666, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(new DeliveryError("passing", `${path} cannot be opened for appending: ${reason(error)}`));
    });
  });
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === "ENXIO") return "ENXIO: it is a FIFO that nobody reads";
  return systemError(error);
}
