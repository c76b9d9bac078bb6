/**
 * Which objects have room in the set: agents take no set beyond 16 Mi characters (agent/cli/cluster/set-index.ts), and a set
 * that they refuse would stop everybody's edits. Pure.
 */

/** Bytes of all objects of one team, and of the whole set: what is left to agents' bound is for the index and for commas. */
export const mostOfTeam = 2 << 20;
export const mostOfSet = 15 << 20;

/** What an object asks for. */
export interface Claim {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  /** When it was made, as the API server writes it. */
  readonly created: string;
  /** Of its version in the set or of the one that it has now, whichever is larger: either may be in the next set. */
  readonly bytes: number;
}

/** Why an object is left out, by key. The operator's namespace has its room first, then the oldest: who comes late takes nothing from others. */
export function withoutRoom(
  claims: readonly Claim[],
  operatorNamespace: string,
): ReadonlyMap<string, string> {
  const rank = ({ namespace, created, key }: Claim) =>
    `${namespace === operatorNamespace ? 0 : 1} ${created} ${key}`;
  const sorted = claims.map((claim) => ({ claim, rank: rank(claim) }));
  sorted.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const out = new Map<string, string>();
  const ofNamespace = new Map<string, number>();
  let all = 0;
  for (const { claim } of sorted) {
    const { key, namespace, bytes } = claim;
    const own = (ofNamespace.get(namespace) ?? 0) + bytes;
    if (namespace !== operatorNamespace && own > mostOfTeam)
      out.set(
        key,
        `the FalcoRules of namespace ${namespace} have more than ${mostOfTeam} bytes as JSON; the oldest are used`,
      );
    else if (all + bytes > mostOfSet)
      out.set(key, `all FalcoRules together have more than ${mostOfSet} bytes as JSON; the oldest are used`);
    else {
      ofNamespace.set(namespace, own);
      all += bytes;
    }
  }
  return out;
}
