/** A picture of what a terminal showed: SVG of a text, in which lines that begin with `$ ` are what was typed. */
import { readFileSync } from "node:fs";

/** Columns after which a line goes on below, as in a terminal. */
const columns = 146;
/** Sizes in pixels; a character of the fonts asked for is three fifths of their size wide. */
const size = { font: 13, line: 19, margin: 16 };
const width = columns * size.font * 0.602 + 2 * size.margin;

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Pieces of at most `columns` characters; at least one. */
function wrapped(line: string): string[] {
  const letters = [...line];
  const pieces: string[] = [];
  for (let at = 0; at === 0 || at < letters.length; at += columns)
    pieces.push(letters.slice(at, at + columns).join(""));
  return pieces;
}

/** The picture of a text file. */
export function picture(file: string): string {
  const text = readFileSync(file, "utf8").trimEnd();
  const lines = text.split("\n").flatMap((line) => {
    const isTyped = line.startsWith("$ ");
    return wrapped(line).map((piece, index) => ({ piece, isTyped, isFirst: index === 0 }));
  });
  const height = lines.length * size.line + 2 * size.margin;
  const rows = lines.map(({ piece, isTyped, isFirst }, index) => {
    const y = size.margin + size.line * index + size.font;
    const words =
      isTyped && isFirst
        ? `<tspan fill="#7ee787">$</tspan><tspan fill="#ffffff">${escaped(piece.slice(1))}</tspan>`
        : escaped(piece);
    return `<text x="${size.margin}" y="${y}"${isTyped && !isFirst ? ' fill="#ffffff"' : ""}>${words}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" role="img">`,
    `<title>${escaped(text.split("\n")[0]!)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${size.font}" fill="#c9d1d9" xml:space="preserve">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}
