/** Which known word a mistyped one may have meant. */

import { distance } from "../rules/condition/nearest.ts";

/** The known word nearest to `word`, undefined where none is near (more than a third of it differs). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase(), least - 1);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** `, did you mean X?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const best = nearest(word, known);
  return best === undefined ? "" : `, did you mean ${best}?`;
}
