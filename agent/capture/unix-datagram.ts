/** Unix datagram sockets, which Node has not and /dev/log is. */
import { closeSync } from "node:fs";
import { connectUnixDatagram, errnoName, LibbpfError, sendDatagram } from "./native.ts";

export interface UnixDatagram {
  /** Sends without waiting; the name of the errno if that failed (EAGAIN: the receiver's queue is full). */
  send(message: Buffer): string | undefined;
  close(): void;
}

/** The number has two names, EWOULDBLOCK the other. */
const EAGAIN = 11;

/** Longest path of a socket file, in bytes (unix(7): 108 with the NUL). */
const longestPath = 107;

/** Connects to the datagram socket at `path`; the name of the errno if that failed. */
export function openUnixDatagram(path: string): UnixDatagram | string {
  const name = Buffer.from(path);
  if (name.length > longestPath) return "ENAMETOOLONG";
  const address = Buffer.alloc(2 + name.length + 1);
  address.writeUInt16LE(1, 0);
  name.copy(address, 2);
  let fd = -1;
  const failure = errnoOf(() => {
    fd = connectUnixDatagram(address);
  });
  if (failure !== undefined) return failure;
  return {
    send: (message) => errnoOf(() => sendDatagram(fd, message)),
    close: () => closeSync(fd),
  };
}

function errnoOf(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof LibbpfError) return error.errno === EAGAIN ? "EAGAIN" : errnoName(error.errno);
    throw error;
  }
}
