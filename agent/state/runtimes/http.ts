/** JSON over HTTP on a unix socket, as Docker and Podman speak it, always with a bound on time and size. */
import http from "node:http";
import { parseJson } from "./json.ts";
import { reasonOf } from "./reason.ts";
import { RuntimeError, type Clock } from "./runtime.ts";

export interface UnixHttpOptions {
  /** Path of the unix socket. */
  readonly socket: string;
  readonly clock: Clock;
  /** Bytes of the largest answer that is read. */
  readonly largest: number;
}

/** One answer. */
export interface JsonAnswer {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

/** Longest line of a stream of events, bytes. */
const MAX_LINE = 1_048_576;

/** One server; connections are kept between questions. */
export class UnixHttp {
  readonly #options: UnixHttpOptions;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 1 });
  readonly #streams = new Set<http.ClientRequest>();

  constructor(options: UnixHttpOptions) {
    this.#options = options;
  }

  /** Undefined for 404. `until` is a time of the clock. @throws RuntimeError */
  get(path: string, until: number): Promise<JsonAnswer | undefined> {
    const { socket, clock, largest } = this.#options;
    return new Promise((resolve, reject) => {
      const request = http.get({
        socketPath: socket,
        path,
        agent: this.#agent,
        headers: { Host: "localhost" },
      });
      const fail = (error: RuntimeError) => {
        cancel();
        reject(error);
        request.destroy();
      };
      const cancel = clock.after(Math.max(0, until - clock.now()), () =>
        fail(new RuntimeError("timeout", "no answer in time")),
      );
      request.on("error", (error) => fail(new RuntimeError("unreachable", reasonOf(error))));
      request.on("response", (response) => {
        const pieces: Buffer[] = [];
        let length = 0;
        response.on("data", (piece: Buffer) => {
          length += piece.length;
          if (length > largest) fail(new RuntimeError("size", `its answer has more than ${largest} bytes`));
          else pieces.push(piece);
        });
        response.on("error", () => fail(new RuntimeError("unreachable", "it closed the connection")));
        response.on("end", () => {
          cancel();
          try {
            resolve(answerOf(response, pieces));
          } catch (error) {
            reject(ownError(error));
          }
        });
      });
    });
  }

  /** Reads lines of JSON for as long as they come; resolves when the server ends them. @throws RuntimeError */
  lines(path: string, onLine: (line: unknown) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = http.get({ socketPath: this.#options.socket, path, agent: false });
      this.#streams.add(request);
      const fail = (error: RuntimeError) => {
        this.#streams.delete(request);
        reject(error);
        request.destroy();
      };
      request.on("error", (error) => fail(new RuntimeError("unreachable", reasonOf(error))));
      request.on("response", (response) => {
        if (response.statusCode !== 200)
          return fail(new RuntimeError("answer", `it answers HTTP ${response.statusCode ?? 0}`));
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          const lines = (rest + piece).split("\n");
          rest = lines.pop() ?? "";
          try {
            if (rest.length > MAX_LINE) throw new RuntimeError("size", "a line of its answer is too long");
            for (const line of lines) if (line.trim() !== "") onLine(parseJson(line));
          } catch (error) {
            fail(ownError(error));
          }
        });
        response.on("error", () => fail(new RuntimeError("unreachable", "it closed the connection")));
        response.on("end", () => {
          this.#streams.delete(request);
          resolve();
        });
      });
    });
  }

  close(): void {
    for (const request of this.#streams) request.destroy();
    this.#agent.destroy();
  }
}

/** @throws RuntimeError */
function answerOf(response: http.IncomingMessage, pieces: readonly Buffer[]): JsonAnswer | undefined {
  const status = response.statusCode ?? 0;
  if (status === 404) return undefined;
  if (status !== 200) throw new RuntimeError("answer", `it answers HTTP ${status}`);
  if (!/^application\/json\b/.test(response.headers["content-type"] ?? ""))
    return { headers: response.headers, body: undefined };
  return { headers: response.headers, body: parseJson(Buffer.concat(pieces).toString("utf8")) };
}

/** Whatever reading an answer threw, without its text: that may hold secrets. */
function ownError(error: unknown): RuntimeError {
  return error instanceof RuntimeError ? error : new RuntimeError("answer", "its answer cannot be read");
}
