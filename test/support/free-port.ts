/** Ports on the loopback interface. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below what Linux gives to connections by itself (net.ipv4.ip_local_port_range, 32768 and more): a port may be free for a
 * while before or between those who listen on it, and no connection of anybody's takes it meanwhile.
 */
const range = { least: 20_000, end: 32_000 } as const;

const tries = 100;

/** A port that nobody has just now. @throws Error where none of many tried is free */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < tries; tried++) {
    const port = randomInt(range.least, range.end);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port of ${tries} tried is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
