/** Bounds of what audit clients may send (reference: what Falco's k8saudit takes, where it has a bound). */
export const limits = {
  /** Largest body, bytes. */
  body: 12_582_912,
  /** Largest event, bytes of its JSON text. */
  event: 262_144,
  /** Events of one body; the API server's batches have 400. */
  events: 65_536,
  /** Levels of nesting of one event; objects of the API have some twenty. */
  levels: 1000,
  /** Bytes of all bodies that are being received or wait for the rules. */
  pending: 67_108_864,
  /** Connections at a time. */
  connections: 256,
  /** Bytes of a request's headers. */
  headers: 16_384,
  /** Until headers, until the whole request are there, ms. */
  headersTime: 10_000,
  requestTime: 30_000,
  /** How long an idle connection stays, ms: longer than clients written in Go keep it (90 s), so that they close first. */
  idleTime: 120_000,
  /** How far ahead of this machine's clock an event's time is believed, ns. */
  ahead: 300_000_000_000n,
} as const;

/** The bounds that a server keeps to; tests take smaller ones. */
export type Limits = Readonly<Record<Exclude<keyof typeof limits, "ahead">, number>> & {
  readonly ahead: bigint;
};
