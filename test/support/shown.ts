/**
 * Whether something was printed as a document shows it. What differs from one time to the next is put aside, by these rules
 * alone:
 *
 * - a line `…` stands for any lines, `…` within a line for any text; blanks count as one
 * - times, ages, IPv4 addresses, numbers and words of ten or more hexadecimal digits are as good as any other
 * - so are the suffixes that Kubernetes puts behind names of pods, and which of the nodes node1 and node2 it is
 */

/** Kubernetes' own alphabet for suffixes: no vowels, nothing that could be taken for another letter. */
const suffix = "[bcdfghjklmnpqrstvwxz2456789]";

const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}\b/g, "TIME"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME"],
  [/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, "TIME"],
  [/\b\d+\.\d+\.\d+\.\d+\b/g, "ADDRESS"],
  [/\b[0-9a-f]{10,}\b/g, "DIGITS"],
  [/\b\d+(ms|[smhd])(\d+[smh])?\b/g, "AGE"],
  [/\bnode[12]\b/g, "NODE"],
  [new RegExp(`(-${suffix}{8,10})?-${suffix}{5}\\b`, "g"), "-SUFFIX"],
];

function masked(line: string): string {
  const plain = line.replace(/\s+/g, " ").trimEnd();
  return masks.reduce((text, [pattern, instead]) => text.replace(pattern, instead), plain);
}

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Whether `printed`, with a line feed behind each line, is what `shown` says. */
export function isAsShown(shown: readonly string[], printed: string): boolean {
  const pattern = shown.map((line) =>
    line.trim() === "…" ? "(?:.*\n)*?" : `${masked(line).split("…").map(literally).join(".*")}\n`,
  );
  const text = printed.replace(/\n$/, "");
  const lines = text === "" ? [] : text.split("\n");
  return new RegExp(`^${pattern.join("")}$`).test(lines.map((line) => `${masked(line)}\n`).join(""));
}
