/** "Did you mean": names that differ little from what was written. */

/** Least number of letters to insert, leave out, change or swap with the next one, at most `most` + 1. */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    if (Math.min(...row) > most) return most + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** Up to three of `names` close to `name`, best first; a third of its letters may differ, at most three. */
export function nearest(name: string, names: readonly string[]): string[] {
  const most = Math.min(3, Math.max(1, Math.floor(name.length / 3)));
  return names
    .map((candidate) => [candidate, editDistance(name, candidate, most)] as const)
    .filter(([, distance]) => distance <= most)
    .sort(([a, da], [b, db]) => da - db || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([candidate]) => candidate);
}
