/** JSON of the API as the tree that rules files are read from: the place of a value is the path of its field. */
import type { Json } from "../canonical-json.ts";
import { SourceFile, type SourceText } from "../files/source-text.ts";
import { YamlScalar, type YamlMapping, type YamlNode } from "../files/yaml-tree.ts";

/** The text of one field of an object. */
export class FieldFile extends SourceFile {
  /** What the caller calls the object it belongs to. */
  readonly object: object;

  constructor(object: object, path: string, text: string) {
    super(path, text);
    this.object = object;
  }
}

/** A field as a source of text; most are never asked for their file. */
class Field implements SourceText {
  readonly text: string;
  readonly #object: object;
  readonly #path: string;
  #file: FieldFile | undefined;

  constructor(object: object, path: string, text: string) {
    this.#object = object;
    this.#path = path;
    this.text = text;
  }

  get file(): FieldFile {
    return (this.#file ??= new FieldFile(this.#object, this.#path, this.text));
  }

  toFile(offset: number): number {
    return offset;
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The tree of a value at a path of an object. */
export function fieldTree(value: Json, path: string, object: object): YamlNode {
  if (value === null) return new YamlScalar(new Field(object, path, ""), 0, 0, "", "plain");
  if (typeof value !== "object") {
    const text = String(value);
    return new YamlScalar(new Field(object, path, text), 0, text.length, text, "verbatim");
  }
  const source = new Field(object, path, "");
  if (isList(value)) {
    const items = value.map((each, index) => fieldTree(each, `${path}[${index}]`, object));
    return { kind: "sequence", source, at: 0, end: 0, items };
  }
  const entries: YamlMapping["entries"][number][] = [];
  for (const [key, each] of Object.entries(value)) {
    if (each === undefined) continue;
    const inner = `${path}.${key}`;
    const name = new YamlScalar(new Field(object, inner, key), 0, key.length, key, "verbatim");
    entries.push({ key: name, value: fieldTree(each, inner, object) });
  }
  return { kind: "mapping", source, at: 0, end: 0, entries };
}
