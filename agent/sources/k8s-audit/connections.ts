/**
 * A bound on connections that slow clients cannot hold against others: when all are taken, the one that has been without a
 * whole request for longest gives way to the new one.
 */
import type { Socket } from "node:net";

/** What tells a connection apart; a TLS socket and the one below it have the same. */
const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

export class Connections {
  /** Connections that were ended to make room, and new ones that were ended because all others were at work. */
  ended = 0;
  private readonly most: number;
  /** In the order in which they last began to wait. */
  private readonly idle = new Map<string, Socket>();
  private readonly busy = new Map<string, Socket>();

  constructor(most: number) {
    this.most = most;
  }

  get size(): number {
    return this.idle.size + this.busy.size;
  }

  /** Takes a new connection in. */
  add(socket: Socket): void {
    if (this.size >= this.most) {
      this.ended++;
      const [oldest] = this.idle;
      if (oldest === undefined) {
        socket.destroy();
        return;
      }
      this.idle.delete(oldest[0]);
      oldest[1].destroy();
    }
    const key = keyOf(socket);
    this.idle.set(key, socket);
    socket.once("close", () => {
      if (this.idle.get(key) === socket) this.idle.delete(key);
      if (this.busy.get(key) === socket) this.busy.delete(key);
    });
  }

  /** A whole request has come over it; until `rest` it does not give way. */
  work(socket: Socket): void {
    this.move(socket, this.idle, this.busy);
  }

  /** The request is answered. */
  rest(socket: Socket): void {
    this.move(socket, this.busy, this.idle);
  }

  private move(socket: Socket, from: Map<string, Socket>, to: Map<string, Socket>): void {
    const key = keyOf(socket);
    const known = from.get(key);
    if (known === undefined) return;
    from.delete(key);
    to.set(key, known);
  }
}
