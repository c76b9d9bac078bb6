/** Which certificates are to be made now, and when to look again. Pure. */
import { isFor, isSignedBy, leafLife, readPair, type KeyPair } from "./x509.ts";

/** A server's certificate that is wanted. */
export interface WantedLeaf {
  /** Name of its Secret. */
  readonly secret: string;
  /** Names and addresses it is reached by. */
  readonly names: readonly string[];
}

export interface Observed {
  /** The authority's certificate and key as stored; its certificate may be followed by older ones. */
  readonly authority: KeyPair | undefined;
  /** Certificates as stored, by Secret. */
  readonly leaves: ReadonlyMap<string, KeyPair>;
  readonly now: number;
}

export interface CertificatePlan {
  /** Make a new authority; older ones stay trusted. */
  readonly makeAuthority: boolean;
  /** Make these; all of them where there is a new authority. */
  readonly make: readonly WantedLeaf[];
  /** Look again then, in milliseconds from now. */
  readonly after: number;
}

/** A leaf is made anew when a third of its life is left: there is a month to notice that nobody does. */
const leafRenewal = leafLife / 3;
/** An authority is replaced when it would not outlive its leaves by far. */
const authorityRenewal = 365 * 86_400_000;
/** Longest wait: timers of weeks are not to be trusted across a suspended machine. */
const longestWait = 6 * 3_600_000;

/** What to do about the certificates that are wanted. */
export function planCertificates(
  wanted: readonly WantedLeaf[],
  { authority, leaves, now }: Observed,
): CertificatePlan {
  const ca = authority === undefined ? undefined : readPair(authority);
  const makeAuthority = ca === undefined || ca.notAfter - now < authorityRenewal;
  const states = wanted.map((leaf) => {
    const pair = leaves.get(leaf.secret);
    const facts = pair === undefined ? undefined : readPair(pair);
    const isFit =
      facts !== undefined &&
      !makeAuthority &&
      isSignedBy(pair!.certificate, authority!.certificate) &&
      isFor(pair!.certificate, leaf.names) &&
      facts.notBefore <= now &&
      facts.notAfter - now >= leafRenewal;
    return { leaf, due: isFit ? facts.notAfter - leafRenewal - now : 0 };
  });
  const make = states.filter(({ due }) => due <= 0).map(({ leaf }) => leaf);
  const dues = states.map(({ due }) => due).filter((due) => due > 0);
  return { makeAuthority, make, after: Math.max(1000, Math.min(longestWait, ...dues)) };
}

/** The new authority's certificate with those of before that are still valid: what they signed stays good until it is replaced. */
export function bundle(
  newest: string,
  before: string | undefined,
  isValid: (certificate: string) => boolean,
): string {
  const old = before?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const kept = old.filter(isValid).slice(0, 2);
  return [newest.trimEnd(), ...kept].join("\n") + "\n";
}
