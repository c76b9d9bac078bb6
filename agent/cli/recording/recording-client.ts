/** The thread that writes a recording, seen from the main thread. */
import { closeSync, constants, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import type { Written } from "../../sources/recording/file.ts";
import type { FromRecording, RecordingThreadData, ToRecording } from "./recording-messages.ts";

/** A file that cannot be made; the message is for the user. */
export class RecordingFileError extends Error {
  override readonly name = "RecordingFileError";
}

/** A file for a recording that has not begun. */
export interface NewRecordingFile {
  /** Open for writing, empty. */
  readonly fd: number;
  /** The recording begins: the file gets its name. @throws Error of rename(2) */
  keep(): void;
  /** It does not begin: what was there stays. */
  discard(): void;
}

/**
 * Makes a file for a recording, which its owner alone may read: it holds arguments and environments.
 * @param replace takes the place of a file that is there; of anything else than a regular file never.
 * @throws RecordingFileError
 */
export function createRecordingFile(path: string, replace: boolean): NewRecordingFile {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile())
    throw new RecordingFileError(`${path} is there and no regular file; a recording is not written to it`);
  if (there !== undefined && !replace)
    throw new RecordingFileError(`${path} is there already; --force replaces it`);
  const made = there === undefined ? path : `${path}.${process.pid}`;
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = openSync(made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    return {
      fd,
      keep: () => {
        if (made !== path) renameSync(made, path);
      },
      discard: () => rmSync(made, { force: true }),
    };
  } catch (error) {
    throw new RecordingFileError(`${path} cannot be made: ${(error as Error).message}`);
  }
}

export class RecordingClient {
  /** For the capture thread, to be transferred. */
  readonly session: MessagePort;
  /** Resolves when all is on disk. Rejects where the thread died. */
  readonly written: Promise<Written>;
  private readonly worker: Worker;
  private readonly fd: number;

  /** @param onFull told why nothing more can be written: the disk, or the limit. */
  constructor(data: Omit<RecordingThreadData, "session">, onFull: (reason: string) => void) {
    const { port1, port2 } = new MessageChannel();
    this.session = port2;
    this.fd = data.fd;
    this.worker = new Worker(new URL("./recording-thread.js", import.meta.url), {
      workerData: { ...data, session: port1 } satisfies RecordingThreadData,
      transferList: [port1],
      // The descriptor is opened and closed here.
      trackUnmanagedFds: false,
    });
    this.written = new Promise((resolve, reject) => {
      this.worker.on("message", (message: FromRecording) => {
        if (message.kind === "full") onFull(message.reason);
        else resolve(message.written);
      });
      this.worker.on("error", reject);
      this.worker.on("exit", () => {
        closeSync(this.fd);
        reject(new Error("the thread that writes the recording ended"));
      });
    });
    this.written.catch(() => {});
  }

  /** Says why the recording will end; it ends when the capture thread has. */
  endsBecause(reason: string): void {
    this.worker.postMessage({ kind: "reason", reason } satisfies ToRecording);
  }

  /** Gives up: nothing was recorded. */
  async abandon(): Promise<void> {
    await this.worker.terminate();
  }
}
