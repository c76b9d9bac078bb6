/** Results of loading as text for people (rules-files 11.3). */
import type { FilePlace } from "../files/source-text.ts";
import { shortText } from "./codes.ts";
import type { Finding, LoadResult, Location } from "./finding.ts";
import { printable, snippetOf } from "./snippet.ts";

const styles = { red: 31, yellow: 33, green: 32, cyan: 36, bold: 1 } as const;
type Style = keyof typeof styles;
type Paint = (style: Style, text: string) => string;

const plainly: Paint = (_style, text) => text;
const coloured: Paint = (style, text) => `\u001b[${styles[style]}m${text}\u001b[0m`;

/** `file:line:column`, counted from 1, columns in characters. */
export function placeText({ file, at }: FilePlace): string {
  const { line, column } = file.position(at);
  return `${printable(file.name)}:${line + 1}:${column + 1}`;
}

const named: ReadonlySet<Location["type"]> = new Set([
  "rule",
  "macro",
  "list",
  "exception",
  "condition expression",
]);

/** The chain in words: `rule 'X', exception 'y'`; empty where it says nothing. */
function chainText(chain: readonly Location[]): string {
  return chain
    .filter(({ type, name }) => named.has(type) && name !== "" && type !== "condition expression")
    .map(({ type, name }) => `${type} '${printable(name)}'`)
    .join(", ");
}

function related({ message, place }: { message: string; place: FilePlace }): string[] {
  const { line, text, mark } = snippetOf(place);
  const margin = " ".repeat(String(line).length);
  return [
    `  ${placeText(place)}: ${printable(message)}`,
    `    ${line} | ${text}`,
    `    ${margin} | ${mark.replaceAll("^", "-")}`,
  ];
}

function drawFinding(finding: Finding, style: Style, paint: Paint): string[] {
  const { code, message, chain, place, help } = finding;
  const where = place === undefined ? "" : `${placeText(place)}: `;
  const text = message === "" ? "" : `: ${printable(message)}`;
  const lines = [`${where}${paint(style, code)} (${shortText(code)})${text}`];
  const inside = chainText(chain);
  if (inside !== "") lines.push(`  in ${inside}`);
  if (place !== undefined && place.file.text !== "") {
    const snippet = snippetOf(place);
    const margin = " ".repeat(String(snippet.line).length);
    lines.push(`    ${snippet.line} | ${snippet.text}`, `    ${margin} | ${paint(style, snippet.mark)}`);
  }
  if (finding.related !== undefined) lines.push(...related(finding.related));
  if (help !== undefined) lines.push(`  ${paint("bold", "help:")} ${printable(help)}`);
  return lines;
}

function block(title: string, findings: readonly Finding[], style: Style, paint: Paint): string[] {
  if (findings.length === 0) return [];
  const count = `${findings.length} ${title}${findings.length === 1 ? "" : "s"}:`;
  return [paint("bold", count), ...findings.flatMap((finding) => drawFinding(finding, style, paint)), ""];
}

/** `FILE: Ok`, `FILE: Ok, with warnings` or `FILE: Invalid`. */
function verdict(result: LoadResult, warnings: number, paint: Paint): string {
  const name = printable(result.name);
  if (!result.successful) return `${name}: ${paint("red", "Invalid")}`;
  return warnings > 0
    ? `${name}: ${paint("yellow", "Ok, with warnings")}`
    : `${name}: ${paint("green", "Ok")}`;
}

/**
 * One result as lines of text, each ended. A warning that an earlier file had already is left out. `colour` adds ANSI
 * sequences; nothing from a file can add its own.
 */
export function drawResult(result: LoadResult, colour = false): string {
  const paint = colour ? coloured : plainly;
  const warnings = result.warnings.filter((warning) => warning.repeated !== true);
  const lines = [
    verdict(result, warnings.length, paint),
    ...block("Error", result.errors, "red", paint),
    ...block("Warning", warnings, "yellow", paint),
    ...block("Hint", result.hints, "cyan", paint),
  ];
  return `${lines.join("\n")}\n`;
}
