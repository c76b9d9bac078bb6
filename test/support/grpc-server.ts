/**
 * A stand-in for a container runtime that speaks gRPC on a unix socket, for what real ones here do not do: CRI-O, and
 * answers that are wrong. It is a real HTTP/2 server.
 */
import http2 from "node:http2";

/** What a method does: answers with a message, refuses with a status, or does as it likes with the stream. */
export type Method = (
  request: Buffer,
  stream: http2.ServerHttp2Stream,
) => Uint8Array | { readonly status: number } | undefined;

export interface GrpcServer {
  /** Methods by the last part of their paths; what is not there is unimplemented. */
  readonly methods: Record<string, Method>;
  /** Paths that were called. */
  readonly called: readonly string[];
  close(): Promise<void>;
}

/** One message with its prefix. */
export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Begins an answer that may go on. */
export function begin(stream: http2.ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
}

/** Serves at a path; methods may be changed while it runs. */
export async function grpcServer(socket: string, methods: Record<string, Method>): Promise<GrpcServer> {
  const called: string[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => sessions.delete(session));
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    called.push(path);
    stream.on("error", () => stream.destroy());
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => {
      const method = methods[path.split("/").at(-1)!] ?? (() => ({ status: 12 }));
      const answer = method(Buffer.concat(pieces).subarray(5), stream);
      if (answer === undefined) return;
      if (answer instanceof Uint8Array) {
        begin(stream);
        stream.end(frame(answer));
      } else {
        const status = String(answer.status);
        stream.respond(
          { ":status": 200, "content-type": "application/grpc", "grpc-status": status },
          { endStream: true },
        );
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    methods,
    called,
    close: () => {
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
