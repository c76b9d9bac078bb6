/** What can still be read of a rules file whose YAML is broken: the items that are whole, each on its own. */
import type { SourceText } from "./source-text.ts";
import { readYaml } from "./yaml-read.ts";
import type { YamlNode } from "./yaml-tree.ts";

/** A list, macro or rule that cannot be read; only its name is known. */
export interface LostItem {
  readonly kind: "list" | "macro" | "rule";
  readonly name: string;
}

export interface Recovered {
  readonly items: readonly YamlNode[];
  readonly lost: readonly LostItem[];
}

/** More pieces than that are not worth the time: the file is broken anyway. */
const maxPieces = 5000;

/** Offsets where items begin: dashes as far left as that of the first item of a known kind. */
function starts(text: string): number[] {
  const first = /^( *)- +["']?(?:rule|macro|list|required_[a-z_]+)["']? *:/m.exec(text);
  if (first === null) return [];
  const mark = `\n${first[1]!}- `;
  const found = [first.index];
  for (
    let at = text.indexOf(mark, first.index);
    at >= 0 && found.length < maxPieces;
    at = text.indexOf(mark, at + 1)
  )
    found.push(at + 1);
  return found;
}

/** Reads each item by itself. Aliases reach no further than their item, so one that needs another is lost. */
export function recover(source: SourceText): Recovered {
  const offsets = starts(source.text);
  const items: YamlNode[] = [];
  const lost: LostItem[] = [];
  for (const [index, from] of offsets.entries()) {
    const text = source.text.slice(from, offsets[index + 1]).replace(/\n---\s*$/, "\n");
    const piece = { file: source.file, text, toFile: (offset: number) => source.toFile(from + offset) };
    const { documents, problems } = readYaml(piece);
    const [root] = documents;
    if (problems.length === 0 && root?.kind === "sequence") items.push(...root.items);
    else {
      const named = /^ *- +["']?(list|macro|rule)["']? *: *["']?(.*?)["']? *\r?$/m.exec(text);
      if (named !== null) lost.push({ kind: named[1] as LostItem["kind"], name: named[2]! });
    }
  }
  return { items, lost };
}
