/** "Did you mean": the known words that are spelt most like a given one. */

/** Number of letters to insert, remove, replace or swap to make `b` of `a`; `limit` + 1 where it is more than that. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1))
        cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
      best = Math.min(best, cost);
    }
    if (best > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** Up to three of `known` that `word` may be a slip of, nearest first; longer words may differ more. */
export function nearest(word: string, known: Iterable<string>): string[] {
  if (word.length > 100) return [];
  const limit = word.length < 4 ? 1 : word.length < 9 ? 2 : 3;
  const found: { text: string; far: number }[] = [];
  for (const text of known) {
    const far = distance(word, text, limit);
    if (far <= limit && far < text.length) found.push({ text, far });
  }
  return found
    .sort((a, b) => a.far - b.far || (a.text < b.text ? -1 : 1))
    .slice(0, 3)
    .map(({ text }) => text);
}
