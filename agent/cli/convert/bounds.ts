/** Bounds of a FalcoRule, as crds/falcorules.yaml has them, and what does not keep them. */
import type { Folded } from "./fold.ts";
import type { Plain, PlainObject } from "./values.ts";

/** Items: lists, macros and rules each. Texts in characters. */
export const bounds = {
  items: 500,
  listItems: 2000,
  listItem: 256,
  condition: 65_536,
  text: 4096,
  name: 253,
  tags: 64,
  tag: 64,
  exceptions: 64,
  values: 2000,
} as const;

const listAt = (item: PlainObject, key: string) => (item[key] as readonly Plain[] | undefined) ?? [];

/** A name is text wherever an item was read from. */
const nameAt = (item: PlainObject, key: string) => item[key] as string;

class Finder {
  readonly said: string[] = [];

  text(what: string, key: string, value: Plain | undefined, most: number): void {
    // The API server counts code points.
    if (typeof value === "string" && value.length > most && [...value].length > most)
      this.said.push(`${what}: ${key} has more than ${most} characters`);
  }

  count(what: string, key: string, { length }: readonly Plain[], most: number): void {
    if (length > most) this.said.push(`${what} has more than ${most} ${key}`);
  }

  list(item: PlainObject): void {
    const what = `list ${nameAt(item, "list")}`;
    this.text(what, "its name", item["list"], bounds.name);
    for (const each of listAt(item, "items")) this.text(what, "an item", each, bounds.listItem);
  }

  macro(item: PlainObject): void {
    const what = `macro ${nameAt(item, "macro")}`;
    this.text(what, "its name", item["macro"], bounds.name);
    this.text(what, "condition", item["condition"], bounds.condition);
  }

  rule(item: PlainObject): void {
    const what = `rule ${nameAt(item, "rule")}`;
    this.text(what, "its name", item["rule"], bounds.name);
    this.text(what, "condition", item["condition"], bounds.condition);
    for (const key of ["output", "desc"]) this.text(what, key, item[key], bounds.text);
    this.count(what, "tags", listAt(item, "tags"), bounds.tags);
    for (const tag of listAt(item, "tags")) this.text(what, "a tag", tag, bounds.tag);
    this.count(what, "exceptions", listAt(item, "exceptions"), bounds.exceptions);
    for (const exception of listAt(item, "exceptions") as readonly PlainObject[])
      this.count(
        `${what}: exception ${nameAt(exception, "name")}`,
        "values",
        listAt(exception, "values"),
        bounds.values,
      );
  }
}

/** Which bounds of the resource items do not keep, in words. The number of a list's items is none: long ones are split. */
export function beyondBounds(folded: Folded): readonly string[] {
  const finder = new Finder();
  for (const item of folded.lists) finder.list(item);
  for (const item of folded.macros) finder.macro(item);
  for (const item of folded.rules) finder.rule(item);
  return finder.said;
}
