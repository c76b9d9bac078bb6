/** What is wrong with a test file: all of it is gathered before any is shown. */
import { placeText } from "../../rules/diagnostics/draw.ts";
import { printable, snippetOf } from "../../rules/diagnostics/snippet.ts";
import type { FilePlace } from "../../rules/files/source-text.ts";
import { placeOf, type YamlNode } from "../../rules/files/yaml-tree.ts";

interface Mistake {
  readonly place: FilePlace;
  readonly message: string;
}

/** The mistakes of one or more files, in the order in which they were found. */
export class Mistakes {
  readonly all: Mistake[] = [];

  /** A mistake at a node. */
  at(node: YamlNode, message: string): undefined {
    this.all.push({ place: placeOf(node), message });
    return undefined;
  }

  /** A mistake at a place. */
  add(place: FilePlace, message: string): void {
    this.all.push({ place, message });
  }
}

/** Mistakes as text, those of a file by place: place, message, the line with a mark. */
export function drawMistakes(mistakes: Mistakes): string {
  return mistakes.all
    .toSorted((a, b) => (a.place.file === b.place.file ? a.place.at - b.place.at : 0))
    .map(({ place, message }) => {
      if (place.file.text === "") return `${printable(place.file.name)}: ${printable(message)}\n`;
      const head = `${placeText(place)}: ${printable(message)}\n`;
      const { line, text, mark } = snippetOf(place);
      return `${head}    ${line} | ${text}\n    ${" ".repeat(String(line).length)} | ${mark}\n`;
    })
    .join("");
}
