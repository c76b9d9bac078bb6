/**
 * Calls of gRPC over HTTP/2 on a unix socket: one message out, one back or a stream of them, always with a bound on
 * time and size. Why it is ours: docs/decisions/0005-container-runtimes.md.
 */
import type * as http2 from "node:http2";
import net from "node:net";
import { reasonOf } from "./reason.ts";
import { RuntimeError, type Clock } from "./runtime.ts";

/** Taken when it is needed: it costs more than a MiB, and most nodes without pods have no use for it. */
const http2Module = () => process.getBuiltinModule("node:http2");

/** Status codes of gRPC that mean something to us. */
export const grpcStatus = {
  ok: 0,
  deadlineExceeded: 4,
  notFound: 5,
  unimplemented: 12,
  unavailable: 14,
} as const;

/** The server refused a call; `code` is its status. Its text is not kept: it may hold secrets. */
export class GrpcRefusal extends RuntimeError {
  readonly code: number;

  constructor(code: number) {
    super(
      code === grpcStatus.deadlineExceeded
        ? "timeout"
        : code === grpcStatus.unavailable
          ? "unreachable"
          : "answer",
      `it refuses with gRPC status ${code}`,
    );
    this.code = code;
  }
}

export interface GrpcOptions {
  /** Path of the unix socket. */
  readonly socket: string;
  readonly clock: Clock;
  /** Bytes of the largest message that is read. */
  readonly largest: number;
}

/** A prefix of five bytes (compressed or not, length) stands before each message. */
const PREFIX = 5;

/** Collects messages from the pieces in which they come. */
class Messages {
  #pieces: Buffer[] = [];
  #length = 0;
  readonly #largest: number;

  constructor(largest: number) {
    this.#largest = largest;
  }

  /** Takes a piece and gives the messages that are whole now. @throws RuntimeError */
  take(piece: Buffer): Buffer[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const whole: Buffer[] = [];
    while (this.#length >= PREFIX) {
      const length = this.#prefix();
      if (this.#length < PREFIX + length) break;
      const all = Buffer.concat(this.#pieces);
      whole.push(all.subarray(PREFIX, PREFIX + length));
      this.#pieces = [all.subarray(PREFIX + length)];
      this.#length -= PREFIX + length;
    }
    return whole;
  }

  #prefix(): number {
    if (this.#pieces[0]!.length < PREFIX) this.#pieces = [Buffer.concat(this.#pieces)];
    const [first] = this.#pieces;
    if (first![0] !== 0)
      throw new RuntimeError("answer", "its answer is compressed, which was not asked for");
    const length = first!.readUInt32BE(1);
    if (length > this.#largest) throw new RuntimeError("size", `its answer has ${length} bytes`);
    return length;
  }
}

/** What may be said of one call. */
export interface CallOptions {
  /** A time of the clock; undefined for a stream that lasts. */
  readonly until?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One connection, made when it is needed and again after it broke. */
export class GrpcClient {
  readonly #options: GrpcOptions;
  #session: http2.ClientHttp2Session | undefined;

  constructor(options: GrpcOptions) {
    this.#options = options;
  }

  #connect(): http2.ClientHttp2Session {
    if (this.#session !== undefined) return this.#session;
    const session = http2Module().connect("http://localhost", {
      createConnection: () => net.connect({ path: this.#options.socket }),
      settings: { enablePush: false },
    });
    const forget = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on("close", forget);
    session.on("goaway", forget);
    // Each call is told by its own stream.
    session.on("error", forget);
    this.#session = session;
    return session;
  }

  /** Calls METHOD (`/package.Service/Name`). @throws RuntimeError, of kind GrpcRefusal where the server says no */
  async call(method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const answers: Buffer[] = [];
    await this.#run(method, request, options, (answer) => answers.push(answer));
    const [answer] = answers;
    if (answer === undefined) throw new RuntimeError("answer", "it answers without a message");
    return answer;
  }

  /** Calls a method that answers with many messages; resolves when the server ends them. @throws RuntimeError */
  async stream(method: string, request: Uint8Array, onMessage: (message: Uint8Array) => void): Promise<void> {
    await this.#run(method, request, {}, onMessage);
  }

  #run(
    method: string,
    request: Uint8Array,
    { until, headers }: CallOptions,
    onMessage: (message: Buffer) => void,
  ): Promise<void> {
    const { clock, largest } = this.#options;
    const left = until === undefined ? undefined : until - clock.now();
    if (left !== undefined && left <= 0)
      return Promise.reject(new RuntimeError("timeout", "no answer in time"));
    return new Promise((resolve, reject) => {
      const stream = this.#connect().request({
        ":method": "POST",
        ":path": method,
        "content-type": "application/grpc",
        te: "trailers",
        ...(left !== undefined && { "grpc-timeout": `${Math.ceil(left)}m` }),
        ...headers,
      });
      let status: number | undefined;
      const messages = new Messages(largest);
      const end = (error?: RuntimeError) => {
        cancel?.();
        if (error === undefined) return resolve();
        reject(error);
        stream.close(http2Module().constants.NGHTTP2_CANCEL);
      };
      const cancel =
        left === undefined
          ? undefined
          : clock.after(left, () => end(new RuntimeError("timeout", "no answer in time")));
      const readStatus = (fields: http2.IncomingHttpHeaders) => {
        const code = fields["grpc-status"];
        if (code !== undefined) status = /^\d{1,3}$/.test(String(code)) ? Number(code) : -1;
      };
      stream.on("response", readStatus);
      stream.on("trailers", readStatus);
      stream.on("data", (piece: Buffer) => {
        try {
          for (const message of messages.take(piece)) onMessage(message);
        } catch (error) {
          end(error instanceof RuntimeError ? error : new RuntimeError("answer", "its answer is no message"));
        }
      });
      stream.on("error", (error) => end(new RuntimeError("unreachable", reasonOf(error))));
      stream.on("close", () => {
        if (status === grpcStatus.ok) end();
        else if (status !== undefined) end(new GrpcRefusal(status));
        else end(new RuntimeError("unreachable", "it closed the connection"));
      });
      stream.end(framed(request));
    });
  }

  /** Breaks the connection and all calls on it. */
  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }
}

function framed(request: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX + request.length);
  frame.writeUInt32BE(request.length, 1);
  frame.set(request, PREFIX);
  return frame;
}
