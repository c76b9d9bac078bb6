/** Folded items in parts, each small enough for one FalcoRule. */
import { bounds } from "./bounds.ts";
import type { Folded } from "./fold.ts";
import type { Plain, PlainObject } from "./values.ts";

/** Plain `kubectl apply` keeps the object a second time in an annotation, which may have 256 KiB. */
const maxJsonBytes = 200 << 10;

interface Part {
  readonly lists: PlainObject[];
  readonly macros: PlainObject[];
  readonly rules: PlainObject[];
  /** Kind and name of each of them: they are unique in an object. */
  readonly names: Set<string>;
  bytes: number;
}

type Key = "lists" | "macros" | "rules";

const bytesOf = (value: Plain) => Buffer.byteLength(JSON.stringify(value)) + 1;
/** Room for what an object has beside its items. */
const room = maxJsonBytes - 2048;

/** A list, and where it is too long for one object the rest of it as lists that are appended to it. */
function pieces(list: PlainObject): PlainObject[] {
  const items = (list["items"] as readonly Plain[] | undefined) ?? [];
  const chunks: Plain[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    const more = bytesOf(item);
    if (chunks.at(-1)!.length >= bounds.listItems || bytes + more > room - 1024) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(item);
    bytes += more;
  }
  return chunks.map((chunk, index) => ({
    ...list,
    items: chunk,
    ...(index === 0 ? {} : { override: { items: "append" } }),
  }));
}

/** Parts small enough for one object each; what stands in front stays in front. */
export function split(folded: Folded): Part[] {
  const fresh = (): Part => ({ lists: [], macros: [], rules: [], names: new Set(), bytes: 0 });
  const parts = [fresh()];
  const add = (key: Key, item: PlainObject, name: Plain) => {
    const bytes = bytesOf(item);
    const id = `${key} ${JSON.stringify(name)}`;
    let part = parts.at(-1)!;
    if (part.bytes + bytes > room || part[key].length >= bounds.items || part.names.has(id))
      parts.push((part = fresh()));
    part[key].push(item);
    part.names.add(id);
    part.bytes += bytes;
  };
  for (const list of folded.lists) for (const piece of pieces(list)) add("lists", piece, list["list"]!);
  for (const macro of folded.macros) add("macros", macro, macro["macro"]!);
  for (const rule of folded.rules) add("rules", rule, rule["rule"]!);
  return parts;
}
