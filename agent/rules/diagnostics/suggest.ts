/** "did you mean a, b or c?", undefined where nothing is near. */
export function didYouMean(suggestions: readonly string[]): string | undefined {
  if (suggestions.length === 0) return undefined;
  const last = suggestions.at(-1)!;
  const others = suggestions.slice(0, -1);
  return `did you mean ${others.length > 0 ? `${others.join(", ")} or ${last}` : last}?`;
}
