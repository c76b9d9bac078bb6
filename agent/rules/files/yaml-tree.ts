/** YAML as rules files need it: every scalar is text, every node knows its place. */
import { placeIn, type FilePlace, type SourceText } from "./source-text.ts";
import { scalarOffsets, type ScalarStyle } from "./scalar-offsets.ts";

interface Located {
  readonly source: SourceText;
  /** Offsets in the source's text. */
  readonly at: number;
  readonly end: number;
}

/** A scalar with its text as written (quotes and folding resolved, never taken for a number or a bool). */
export class YamlScalar implements Located {
  readonly kind = "scalar";
  readonly source: SourceText;
  readonly at: number;
  readonly end: number;
  readonly text: string;
  readonly style: ScalarStyle;
  #offsets: Uint32Array | undefined;

  constructor(source: SourceText, at: number, end: number, text: string, style: ScalarStyle) {
    this.source = source;
    this.at = at;
    this.end = end;
    this.text = text;
    this.style = style;
  }

  /** True for nothing at all and for the plain words of YAML's null. */
  get isNull(): boolean {
    return this.style === "plain" && /^(?:|~|null|Null|NULL)$/.test(this.text);
  }

  /** Place in the file of a stretch of the scalar's text. */
  placeOf(from: number, to: number): FilePlace {
    if (this.style === "verbatim") {
      const bounded = (index: number) => this.at + Math.min(index, this.text.length);
      return placeIn(this.source, bounded(from), Math.max(bounded(from), bounded(to)));
    }
    this.#offsets ??= scalarOffsets(this.source.text.slice(this.at, this.end), this.text, this.style);
    const offset = (index: number) => this.at + (this.#offsets![Math.min(index, this.text.length)] ?? 0);
    const start = offset(from);
    const end = to > from ? offset(to - 1) + 1 : start;
    return placeIn(this.source, start, Math.max(start, end));
  }
}

export interface YamlSequence extends Located {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
}

export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

export interface YamlMapping extends Located {
  readonly kind: "mapping";
  /** Keys in order of the text; of a repeated key only the first. */
  readonly entries: readonly YamlEntry[];
}

export type YamlNode = YamlScalar | YamlSequence | YamlMapping;

/** Place of a whole node. */
export function placeOf(node: YamlNode): FilePlace {
  return placeIn(node.source, node.at, node.end);
}

/** The value of a key, undefined where the mapping lacks it. */
export function get(mapping: YamlMapping, key: string): YamlNode | undefined {
  return entry(mapping, key)?.value;
}

/** Key and value, undefined where the mapping lacks the key. */
export function entry(mapping: YamlMapping, key: string): YamlEntry | undefined {
  return mapping.entries.find((each) => each.key.text === key);
}

/** The mapping below a key, undefined where there is none. */
export function mappingAt(node: YamlNode | undefined, ...path: string[]): YamlMapping | undefined {
  const found = nodeAt(node, ...path);
  return found?.kind === "mapping" ? found : undefined;
}

/** The node at the end of a path of keys, undefined where the path breaks off. */
export function nodeAt(node: YamlNode | undefined, ...path: string[]): YamlNode | undefined {
  let current = node;
  for (const key of path) current = current?.kind === "mapping" ? get(current, key) : undefined;
  return current;
}

/** The text below a path of keys, undefined where there is no scalar or a null. */
export function textAt(node: YamlNode | undefined, ...path: string[]): string | undefined {
  const found = nodeAt(node, ...path);
  return found?.kind === "scalar" && !found.isNull ? found.text : undefined;
}

/** True for a node that says nothing. */
export function isNull(node: YamlNode | undefined): boolean {
  return node?.kind === "scalar" && node.isNull;
}
