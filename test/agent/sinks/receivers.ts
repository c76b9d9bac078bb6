/** The other ends of sinks, on loopback. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { rmSync } from "node:fs";
import http from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { gunzipSync } from "node:zlib";

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: http.OutgoingHttpHeaders;
}

/** Answers as the test says; undefined: not at all. Keeps what it answered 200 and what it was asked. */
export class HttpReceiver {
  readonly requests: HttpRequest[] = [];
  readonly accepted: string[] = [];
  /** Connections that were made. */
  connections = 0;
  reply: (request: HttpRequest) => Reply | undefined = () => ({ status: 200, body: "ok" });
  readonly server: http.Server;

  constructor(
    make: (listener: http.RequestListener) => http.Server = (listener) => http.createServer(listener),
  ) {
    this.server = make((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const body = (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString();
        const seen = { method: request.method!, path: request.url!, headers: request.headers, body };
        this.requests.push(seen);
        const reply = this.reply(seen);
        if (reply === undefined) return;
        if (reply.status === 200) this.accepted.push(body);
        response.writeHead(reply.status, reply.headers).end(reply.body);
      });
    });
    this.server.on("connection", () => this.connections++);
    this.server.on("secureConnection", () => this.connections++);
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A TCP server that keeps what it gets; it can go away and come back on its port. */
export class TcpReceiver {
  text = "";
  port = 0;
  #server = createServer();
  readonly #sockets = new Set<Socket>();

  async listen(): Promise<number> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (chunk) => (this.text += chunk.toString()));
    });
    await new Promise<void>((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A UDP server of the same kind. */
export class UdpReceiver {
  readonly messages: string[] = [];
  port = 0;
  #socket = createSocket("udp4");

  async listen(): Promise<number> {
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (message) => this.messages.push(message.toString()));
    await new Promise<void>((resolve) => this.#socket.bind(this.port, "127.0.0.1", resolve));
    this.port = this.#socket.address().port;
    return this.port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

const perl = `use Socket; unlink $ARGV[0];
socket(S, AF_UNIX, $ARGV[1] eq "stream" ? SOCK_STREAM : SOCK_DGRAM, 0) or die; bind(S, sockaddr_un($ARGV[0])) or die $!; $| = 1;
if ($ARGV[1] eq "stream") { listen(S, 5); print "ready\\n"; while (accept(C, S)) { while (sysread(C, $b, 65536)) { print $b } } }
print "ready\\n"; while (defined recv(S, $b, 65536, 0)) { print "$b\\n" }`;

/** A syslog daemon's socket, as Perl has them (Node has no unix datagram sockets). */
export class UnixReceiver {
  text = "";
  readonly path: string;
  readonly #kind: "datagram" | "stream";
  #child: ReturnType<typeof spawn> | undefined;

  constructor(path: string, kind: "datagram" | "stream" = "datagram") {
    this.path = path;
    this.#kind = kind;
  }

  async listen(): Promise<void> {
    const child = spawn("perl", ["-e", perl, this.path, this.#kind], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.on("exit", (code) => reject(new Error(`perl ended with ${code}`)));
      let head = "";
      child.stdout.on("data", (chunk: Buffer) => {
        if (head === "ready\n") this.text += chunk.toString();
        else if ((head += chunk.toString()).startsWith("ready\n")) {
          this.text += head.slice(6);
          head = "ready\n";
          resolve();
        }
      });
    });
  }

  /** Lets it read nothing until `resume`. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => {
      child.removeAllListeners("exit");
      child.on("close", resolve);
      child.kill("SIGKILL");
    });
    rmSync(this.path, { force: true });
  }
}
