/** Keeps what people are told within what the API server passes on. */

/** Characters of one warning, and of all: what lies beyond the API server cuts off. */
export const warningLimits = { one: 256, all: 4096 } as const;

/** Mistakes that a refusal names. */
export const mostMistakes = 10;

/** A text of at most so many characters, without a line end, cut with a mark. */
export function cut(text: string, most: number): string {
  const flat = text.replace(/\s*[\r\n]+\s*/g, " ");
  if (flat.length <= most) return flat;
  const characters = [...flat];
  return characters.length <= most ? flat : `${characters.slice(0, most - 1).join("")}…`;
}

const lengthOf = (text: string) => [...text].length;
const more = (count: number) => `and ${count} more; tiercel validate shows all`;

/** Warnings, worst first, as many as there is room for; the last says how many more there are. Each is said once. */
export function boundWarnings(worstFirst: readonly string[]): string[] {
  const texts = [...new Set(worstFirst.map((text) => cut(text, warningLimits.one)))];
  const kept: string[] = [];
  let left = warningLimits.all;
  for (const [index, text] of texts.entries()) {
    const others = texts.length - index - 1;
    const reserve = others === 0 ? 0 : lengthOf(more(texts.length));
    if (lengthOf(text) + reserve > left) return [...kept, more(texts.length - index)];
    kept.push(text);
    left -= lengthOf(text);
  }
  return kept;
}

/** Mistakes as one text for kubectl: one alone on the line, several below each other. */
export function refusalOf(mistakes: readonly string[]): string {
  const texts = [...new Set(mistakes)];
  const shown = texts.slice(0, mostMistakes);
  if (texts.length > shown.length) shown.push(more(texts.length - shown.length));
  return shown.length === 1 ? shown[0]! : shown.map((text) => `\n* ${text}`).join("");
}
