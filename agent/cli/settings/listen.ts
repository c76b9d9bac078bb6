/** Where a server listens, as settings write it: HOST:PORT. */

export interface Listen {
  /** IP address or host name; "" for all addresses. */
  readonly address: string;
  readonly port: number;
}

/** `HOST:PORT`, `[IPV6]:PORT`, or `:PORT` for all addresses; undefined for anything else. */
export function readListen(text: string): Listen | undefined {
  const [, six, host, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { address: six ?? host!, port };
}
