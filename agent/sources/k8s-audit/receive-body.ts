/** Takes a request's body in, within bounds. */
import type { IncomingMessage } from "node:http";

/** Bytes that may be held at a time, all requests together. */
export class Budget {
  private readonly most: number;
  private used = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Whether so many more bytes may be held; they are, from now on. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.most) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

/** A body, whose bytes are to be given back to the budget, or why there is none. */
export type Received = { readonly body: Buffer } | { readonly refused: "too_large" | "busy" | "client_gone" };

/** Settles when the body is there, or cannot be any more: then nothing of it is kept. */
export function receiveBody(request: IncomingMessage, most: number, budget: Budget): Promise<Received> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let settled = false;
    const settle = (received: Received) => {
      if (settled) return;
      settled = true;
      if ("refused" in received) {
        chunks.length = 0;
        budget.give(size);
      }
      resolve(received);
    };
    if (Number(request.headers["content-length"] ?? 0) > most) {
      settle({ refused: "too_large" });
      return;
    }
    request.on("data", (chunk: Buffer) => {
      if (settled) return;
      if (size + chunk.length > most) settle({ refused: "too_large" });
      else if (!budget.take(chunk.length)) settle({ refused: "busy" });
      else {
        size += chunk.length;
        chunks.push(chunk);
      }
    });
    request.on("end", () => settle({ body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) }));
    request.on("error", () => settle({ refused: "client_gone" }));
    request.on("close", () => settle({ refused: "client_gone" }));
  });
}
