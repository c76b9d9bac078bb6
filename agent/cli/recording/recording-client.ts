/** The thread that writes a recording, seen from the main thread. */
import { closeSync, constants, lstatSync, openSync, unlinkSync } from "node:fs";
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import type { Written } from "../../sources/recording/file.ts";
import type { FromRecording, RecordingThreadData, ToRecording } from "./recording-messages.ts";

/** A file that cannot be made; the message is for the user. */
export class RecordingFileError extends Error {
  override readonly name = "RecordingFileError";
}

/**
 * Makes a file for a recording, which its owner alone may read: it holds arguments and environments.
 * @param replace takes the place of a file that is there; of anything else than a regular file never.
 * @throws RecordingFileError
 */
export function createRecordingFile(path: string, replace: boolean): number {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile())
    throw new RecordingFileError(`${path} is there and no regular file; a recording is not written to it`);
  if (there !== undefined && !replace)
    throw new RecordingFileError(`${path} is there already; --force replaces it`);
  try {
    if (there !== undefined) unlinkSync(path);
    return openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
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
