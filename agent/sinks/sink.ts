/** What a sink is: a place alerts go to. One file a sink; queue.ts holds what all of them share. */
import type { Alert } from "../engine/alert.ts";

/** An alert and its line, text or JSON as the settings say, rendered once for all sinks. No newline in it. */
export interface RenderedAlert {
  readonly alert: Alert;
  readonly line: string;
}

/** Where alerts go. Its queue calls `send` with one batch at a time and never before the last one has settled. */
export interface Sink {
  /** As in the settings: stdout_output, file_output, … */
  readonly name: string;
  /** The most alerts one `send` takes. */
  readonly batch: number;
  /**
   * Prepares it before the first alert (opens a file, reads certificates). A rejection is said in the log; alerts are
   * sent all the same, since the cause may pass.
   * @throws DeliveryError
   */
  open?(): Promise<void>;
  /**
   * Hands the batch over; fulfilled when all of it is delivered.
   * @throws DeliveryError, soon after `signal` is aborted at the latest.
   */
  send(batch: readonly RenderedAlert[], signal: AbortSignal): Promise<void>;
  /** Opens its file or program anew before the next alert (SIGUSR1). */
  reopen?(): void;
  close(): Promise<void>;
}

/**
 * passing: may work later (connection refused, 503); permanent: the same alert will fail again (400); timeout: no answer
 * in time.
 */
export type Fault = "passing" | "permanent" | "timeout";

/** Why a batch was not delivered, or not all of it. The message is for logs and status: no credential in it. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly fault: Fault;
  /** Alerts at the start of the batch that were delivered. */
  readonly delivered: number;
  /** Alerts right after those that it is about, where the fault is permanent; the rest may work. Undefined: all. */
  readonly refused: number | undefined;
  /** Not before that many milliseconds from now, where the receiver said so. */
  readonly retryAfter: number | undefined;

  constructor(
    fault: Fault,
    message: string,
    more: { delivered?: number; refused?: number; retryAfter?: number } = {},
  ) {
    super(message);
    this.fault = fault;
    this.delivered = more.delivered ?? 0;
    this.refused = more.refused;
    this.retryAfter = more.retryAfter;
  }
}

/** An operating system's error in one short text: `ENOSPC: no space left on device`. */
export function systemError(error: unknown): string {
  if (error instanceof AggregateError) return systemError(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const [text = ""] = error.message.split(", ");
  return code === undefined || text.startsWith(code) ? text : `${code}: ${text}`;
}

/** The signal's reason as a promise that only rejects; `dispose` forgets the listener. */
export function rejectionOf(signal: AbortSignal): { readonly promise: Promise<never>; dispose(): void } {
  let listener = () => {};
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(new DeliveryError("timeout", "no answer in time"));
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  });
  promise.catch(() => {});
  return { promise, dispose: () => signal.removeEventListener("abort", listener) };
}
