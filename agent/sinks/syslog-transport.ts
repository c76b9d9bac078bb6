/** How a syslog message travels: to a socket of this machine, by UDP, or over TCP. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createConnection, type NetConnectOpts, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { DeliveryError, rejectionOf, systemError } from "./sink.ts";

/** A connected unix datagram socket. Node has none, so it is handed in (agent/capture/unix-datagram.ts). */
export interface DatagramSocket {
  /** Sends without waiting; the name of the errno if that failed. */
  send(message: Buffer): string | undefined;
  close(): void;
}

/** Connects to a socket file; the name of the errno if that failed. */
export type OpenDatagram = (path: string) => DatagramSocket | string;

export interface SyslogTransport {
  /** local: syslog(3)'s form; remote: RFC 5424. */
  readonly form: "local" | "remote";
  /** Whether the daemon is there, where that can be told. @throws DeliveryError */
  open?(): void;
  /** @throws DeliveryError */
  send(message: Buffer, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Milliseconds before a full socket of the daemon is tried again. */
const fullPause = 10;

/** For an address of the settings: "" or a path, udp://HOST:PORT, tcp://HOST:PORT. */
export function syslogTransport(address: string, openDatagram: OpenDatagram): SyslogTransport {
  if (address === "" || address.startsWith("/"))
    return localTransport(address === "" ? "/dev/log" : address, openDatagram);
  const { protocol, hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, "");
  return protocol === "udp:" ? udpTransport(host, Number(port)) : tcpTransport(host, Number(port));
}

/** /dev/log: a datagram socket (journald, rsyslog), or a stream one, whose messages end in NUL as glibc's do. */
function localTransport(path: string, open: OpenDatagram): SyslogTransport {
  let socket: DatagramSocket | undefined;
  let stream: SyslogTransport | undefined;

  /** Connected; undefined where it is a stream socket. */
  const connect = (): DatagramSocket | undefined => {
    const opened = open(path);
    if (typeof opened !== "string") return opened;
    if (opened === "EPROTOTYPE") return undefined;
    const hint = opened === "ENOENT" ? " (no syslog daemon runs here)" : "";
    throw new DeliveryError("passing", `${path}: ${opened}${hint}`);
  };
  return {
    form: "local",
    open() {
      socket ??= connect();
    },
    async send(message, signal) {
      if (stream !== undefined) return stream.send(message, signal);
      for (let tries = 0; ;) {
        socket ??= connect();
        if (socket === undefined) {
          stream = streamTransport("local", { path }, (bytes) => Buffer.concat([bytes, Buffer.of(0)]));
          return stream.send(message, signal);
        }
        const failed = socket.send(message);
        if (failed === undefined) return;
        if (failed === "EAGAIN" || failed === "ENOBUFS") {
          if (signal.aborted) throw new DeliveryError("timeout", `${path}: the syslog daemon does not read`);
          await delay(fullPause);
          continue;
        }
        socket.close();
        socket = undefined;
        if (tries++ > 0 || failed === "EMSGSIZE") throw new DeliveryError("passing", `${path}: ${failed}`);
      }
    },
    close() {
      socket?.close();
      socket = undefined;
      stream?.close();
    },
  };
}

/** One datagram a message. What the receiver loses is not seen; that nobody listens is, one message late. */
function udpTransport(host: string, port: number): SyslogTransport {
  let socket: UdpSocket | undefined;
  let broken: string | undefined;
  const connected = () =>
    new Promise<UdpSocket>((resolve, reject) => {
      const fresh = createSocket(host.includes(":") ? "udp6" : "udp4");
      fresh.on("error", (error) => {
        broken = systemError(error);
        fresh.close();
        if (socket === fresh) socket = undefined;
        reject(error);
      });
      fresh.connect(port, host, () => resolve(fresh));
    });
  return {
    form: "remote",
    async send(message) {
      try {
        if (broken !== undefined) throw new Error(broken);
        const to = (socket ??= await connected());
        await new Promise<void>((resolve, reject) => {
          to.send(message, (error) => (error === null ? resolve() : reject(error)));
        });
      } catch (error) {
        broken = undefined;
        throw new DeliveryError("passing", systemError(error));
      }
    },
    close() {
      socket?.close();
      socket = undefined;
    },
  };
}

/** RFC 6587 octet counting. */
function tcpTransport(host: string, port: number): SyslogTransport {
  return streamTransport("remote", { host, port }, (bytes) =>
    Buffer.concat([Buffer.from(`${bytes.length} `), bytes]),
  );
}

function streamTransport(
  form: "local" | "remote",
  to: NetConnectOpts,
  frame: (message: Buffer) => Buffer,
): SyslogTransport {
  let socket: Socket | undefined;
  const drop = () => {
    socket?.destroy();
    socket = undefined;
  };
  const connect = () => {
    const fresh = createConnection(to);
    fresh.on("error", () => {});
    const gone = () => {
      if (socket === fresh) drop();
    };
    fresh.on("end", gone);
    fresh.on("close", gone);
    fresh.resume();
    return fresh;
  };
  return {
    form,
    async send(message, signal) {
      const writing = (socket ??= connect());
      const abort = rejectionOf(signal);
      const written = new Promise<void>((resolve, reject) => {
        writing.once("error", reject);
        writing.write(frame(message), (error) => {
          writing.off("error", reject);
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      });
      try {
        await Promise.race([written, abort.promise]);
      } catch (error) {
        written.catch(() => {});
        drop();
        throw error instanceof DeliveryError ? error : new DeliveryError("passing", systemError(error));
      } finally {
        abort.dispose();
      }
    },
    close: drop,
  };
}
